<?xml version="1.0" encoding="UTF-8"?>
<!-- IMG-DA-IMG 2024.01: the findings of a document. -->
<xsl:package name="urn:x-bridge:img-da-img:check" package-version="2024.01" version="3.0" default-mode="m:document"
    xmlns:m="urn:x-bridge:img-da-img:check" xmlns:c="urn:x-bridge:checks" xmlns:xsl="http://www.w3.org/1999/XSL/Transform"
    exclude-result-prefixes="#all">
  <xsl:use-package name="urn:x-bridge:checks" package-version="1.*">
    <xsl:accept component="*" names="c:*" visibility="public"/>
  </xsl:use-package>

  <xsl:output method="xml" encoding="UTF-8" indent="no" omit-xml-declaration="yes"/>
  <xsl:mode name="m:document" on-no-match="fail" visibility="public"/>

  <xsl:template match="/" as="element(findings)">
    <findings><xsl:apply-templates select="c:ruled(*)" mode="c:check"/></findings>
  </xsl:template>
</xsl:package>
