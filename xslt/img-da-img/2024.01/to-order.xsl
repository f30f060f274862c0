<?xml version="1.0" encoding="UTF-8"?>
<!-- IMG-DA-IMG 2024.01 read backwards: the order that a document holds. Source: IMG-DA-IMG 2024.01. -->
<xsl:package name="urn:x-bridge:img-da-img:to-order" package-version="2024.01" version="3.0" default-mode="m:document"
    xmlns:m="urn:x-bridge:img-da-img:to-order" xmlns:h="urn:x-bridge:to-order:header" xmlns:s="urn:x-bridge:to-order:sections"
    xmlns:e="urn:x-bridge:to-order:entries" xmlns:n="urn:x-bridge:to-order:narrative"
    xmlns:x="urn:x-bridge:source" xmlns:o="urn:x-bridge:order" xmlns:cda="urn:hl7-org:v3" xmlns="urn:x-bridge:order"
    xmlns:xsl="http://www.w3.org/1999/XSL/Transform" exclude-result-prefixes="m h s e n o cda">
  <xsl:use-package name="urn:x-bridge:to-order:sections" package-version="1.*">
    <xsl:accept component="*" names="h:* s:* e:* n:*" visibility="public"/>
  </xsl:use-package>

  <xsl:output method="xml" encoding="UTF-8" indent="no" omit-xml-declaration="yes"/>
  <xsl:mode name="m:document" on-no-match="fail" visibility="public"/>

  <xsl:template match="/" as="element(o:order)">
    <xsl:apply-templates select="cda:ClinicalDocument"/>
  </xsl:template>

  <xsl:template match="cda:ClinicalDocument" as="element(o:order)">
    <order x:from="{@x:n}">
      <xsl:sequence select="e:days(.)"/>
      <xsl:apply-templates select="." mode="h:header"/>
      <xsl:apply-templates select="." mode="s:section"/>
    </order>
  </xsl:template>
</xsl:package>
