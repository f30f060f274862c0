<?xml version="1.0" encoding="UTF-8"?>
<!-- The rules of a document IMG-DA-IMG that go beyond its structure (mappings/structure.csv): codes, identifiers, dates, sections,
     entries, narrative. One pass, mode "c:check"; every finding is an element with the code of its row in mappings/issues.csv.
     What stands here is the newest version of the model; an earlier one overrides what it demands otherwise.
     Source: IMG-DA-IMG 2024.01; CI-SIS, Structuration minimale; docs/check.md. -->
<xsl:package name="urn:x-bridge:checks" package-version="1.0" version="3.0" xmlns:c="urn:x-bridge:checks"
    xmlns:cda="urn:hl7-org:v3" xmlns:xs="http://www.w3.org/2001/XMLSchema"
    xmlns:xsl="http://www.w3.org/1999/XSL/Transform" exclude-result-prefixes="#all">
  <xsl:include href="findings.xsl"/>
  <xsl:include href="header.xsl"/>
  <xsl:include href="body.xsl"/>
  <xsl:include href="acts.xsl"/>
  <xsl:include href="narrative.xsl"/>

  <xsl:expose component="*" names="c:*" visibility="public"/>

  <!-- The version of the model. -->
  <xsl:function name="c:model" as="xs:string">
    <xsl:sequence select="'2024.01'"/>
  </xsl:function>

  <xsl:key name="content" match="*[@ID]" use="@ID"/>

  <xsl:mode name="c:check" on-no-match="deep-skip" on-multiple-match="fail" visibility="public"/>

  <!-- The elements to which the rules are applied, each for itself: all but the content of an entry that is none of the model. -->
  <xsl:function name="c:ruled" as="element()+">
    <xsl:param name="document" as="element()"/>
    <xsl:sequence select="$document/(descendant-or-self::* except .//cda:section/cda:entry[not(cda:observation or cda:organizer)]//*)"/>
  </xsl:function>
</xsl:package>
