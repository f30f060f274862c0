<?xml version="1.0" encoding="UTF-8"?>
<!-- IMG-DA-IMG 2022.01: the findings of a document; what this version demands otherwise than 2024.01.
     Source: IMG-DA-IMG 2022.01; suites of 2022.01 (CI-SIS_StructurationMinimale, IHE_XDS-SD); docs/models.md. -->
<xsl:package name="urn:x-bridge:img-da-img:check" package-version="2022.01" version="3.0" default-mode="m:document"
    xmlns:m="urn:x-bridge:img-da-img:check" xmlns:c="urn:x-bridge:checks" xmlns:x="urn:x-bridge:source"
    xmlns:cda="urn:hl7-org:v3" xmlns:map="http://www.w3.org/2005/xpath-functions/map"
    xmlns:xs="http://www.w3.org/2001/XMLSchema" xmlns:xsl="http://www.w3.org/1999/XSL/Transform" exclude-result-prefixes="#all">
  <xsl:include href="../../checks/tables.xsl"/>

  <xsl:use-package name="urn:x-bridge:img-da-img:check" package-version="2024.01">
    <xsl:accept component="mode" names="m:document" visibility="public"/>
    <xsl:override>
      <xsl:function name="c:model" as="xs:string">
        <xsl:sequence select="'2022.01'"/>
      </xsl:function>

      <!-- codes -->

      <xsl:function name="c:is-newer" as="xs:boolean">
        <xsl:param name="code" as="element()"/>
        <xsl:param name="set" as="xs:string"/>
        <xsl:sequence select="exists($newer($set || ' ' || $code/@code || ' ' || $code/@codeSystem))"/>
      </xsl:function>

      <!-- The value sets of this version still had them. -->
      <xsl:function name="c:severity-of-retired-code" as="xs:string">
        <xsl:sequence select="'warning'"/>
      </xsl:function>

      <xsl:function name="c:bound-before" as="element(finding)*">
        <xsl:param name="nodes" as="element()*"/>
        <xsl:param name="set" as="xs:string"/>
        <xsl:sequence select="c:coded($nodes, $set)"/>
      </xsl:function>

      <!-- patient: a qualified identity needs no forename, a name may have several of one kind, SP is the "nom d'usage" -->

      <xsl:function name="c:missing-forenames" as="xs:string*">
        <xsl:param name="name" as="element(cda:name)?"/>
        <xsl:sequence select="()"/>
      </xsl:function>

      <xsl:function name="c:name-qualifiers" as="xs:string+">
        <xsl:sequence select="'BR', 'CL', 'SP'"/>
      </xsl:function>

      <xsl:function name="c:repeated-names" as="element(finding)*">
        <xsl:param name="name" as="element(cda:name)"/>
        <xsl:sequence select="()"/>
      </xsl:function>

      <!-- people and structures -->

      <xsl:function name="c:author-organization" as="element(finding)?">
        <xsl:param name="organization" as="element(cda:representedOrganization)"/>
        <xsl:sequence select="$organization[not(cda:id[@root and @extension])]
            ! c:finding('1403', ., map {'element': 'id', 'parent': 'representedOrganization'})"/>
      </xsl:function>

      <xsl:function name="c:unnamed-signatory" as="element(finding)">
        <xsl:param name="entity" as="element(cda:assignedEntity)"/>
        <xsl:sequence select="c:finding('1403', $entity, map {'element': 'assignedPerson', 'parent': 'assignedEntity'})"/>
      </xsl:function>

      <!-- The Schematrons stop at a second attribute. -->
      <xsl:template match="cda:addr[(@* except @x:n)[2]]" mode="c:check" as="element(finding)*">
        <xsl:sequence select="c:finding('1572', .)"/>
        <xsl:next-match/>
      </xsl:template>

      <!-- Urgency of an act has its place there. -->
      <xsl:function name="c:severity-of-urgency-in-act" as="xs:string">
        <xsl:sequence select="'information'"/>
      </xsl:function>
    </xsl:override>
  </xsl:use-package>

  <!-- Codes that the value sets of this version do not have yet: "value-set code system". -->
  <xsl:variable name="newer" as="map(xs:string, xs:boolean)" static="yes" select="
      map:merge($rows('newer-than-2022.01') ! map:entry(.(1) || ' ' || .(2) || ' ' || .(3), true()))"/>

  <xsl:output method="xml" encoding="UTF-8" indent="no" omit-xml-declaration="yes"/>
</xsl:package>
