<?xml version="1.0" encoding="UTF-8"?>
<!-- IMG-DA-IMG 2022.01: the findings of a document. -->
<xsl:package name="urn:x-bridge:img-da-img:check" package-version="2022.01" version="3.0" xmlns:c="urn:x-bridge:checks"
    xmlns:xs="http://www.w3.org/2001/XMLSchema" xmlns:xsl="http://www.w3.org/1999/XSL/Transform" exclude-result-prefixes="#all">
  <xsl:use-package name="urn:x-bridge:checks" package-version="1.*">
    <xsl:override><xsl:variable name="c:model" as="xs:string" select="'2022.01'"/></xsl:override>
  </xsl:use-package>

  <xsl:output method="xml" encoding="UTF-8" indent="no" omit-xml-declaration="yes"/>
  <xsl:mode on-no-match="fail"/>

  <xsl:template match="/" as="element(findings)">
    <findings><xsl:apply-templates mode="c:check"/></findings>
  </xsl:template>
</xsl:package>
