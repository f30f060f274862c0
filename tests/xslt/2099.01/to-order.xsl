<?xml version="1.0" encoding="UTF-8"?>
<!-- A version that does not exist, of the tests, read backwards: it overrides one rule of each mode. -->
<xsl:package name="urn:x-bridge:img-da-img:to-order" package-version="2099.01" version="3.0" default-mode="m:document"
    xmlns:m="urn:x-bridge:img-da-img:to-order" xmlns:h="urn:x-bridge:to-order:header" xmlns:s="urn:x-bridge:to-order:sections"
    xmlns:e="urn:x-bridge:to-order:entries" xmlns:o="urn:x-bridge:order" xmlns:cda="urn:hl7-org:v3" xmlns="urn:x-bridge:order"
    xmlns:xs="http://www.w3.org/2001/XMLSchema" xmlns:xsl="http://www.w3.org/1999/XSL/Transform" exclude-result-prefixes="#all">
  <xsl:use-package name="urn:x-bridge:img-da-img:to-order" package-version="2024.01">
    <xsl:accept component="mode" names="m:document" visibility="public"/>
    <xsl:override>
      <xsl:template match="cda:encompassingEncounter" mode="h:header" as="element(o:encounter)">
        <encounter><type code="toy h:header"/></encounter>
      </xsl:template>

      <xsl:template match="cda:assignedEntity" mode="h:parts" as="node()*">
        <speciality code="toy h:parts"/>
      </xsl:template>

      <xsl:template match="cda:targetSiteCode" mode="e:entry" as="element(o:site)">
        <site><text>toy e:entry</text></site>
      </xsl:template>

      <xsl:template match="cda:ClinicalDocument[true()]" mode="s:section" as="element()*">
        <xsl:next-match/>
        <purpose>toy s:section</purpose>
      </xsl:template>

      <xsl:function name="e:callback-suffix" as="xs:string"><xsl:sequence select="'(toy)'"/></xsl:function>
    </xsl:override>
  </xsl:use-package>

  <xsl:output method="xml" encoding="UTF-8" indent="no" omit-xml-declaration="yes"/>
</xsl:package>
