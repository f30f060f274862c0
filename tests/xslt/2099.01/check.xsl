<?xml version="1.0" encoding="UTF-8"?>
<!-- A version that does not exist, of the tests: its findings. It overrides a rule and two functions. -->
<xsl:package name="urn:x-bridge:img-da-img:check" package-version="2099.01" version="3.0" default-mode="m:document"
    xmlns:m="urn:x-bridge:img-da-img:check" xmlns:c="urn:x-bridge:checks" xmlns:cda="urn:hl7-org:v3"
    xmlns:xs="http://www.w3.org/2001/XMLSchema" xmlns:xsl="http://www.w3.org/1999/XSL/Transform" exclude-result-prefixes="#all">
  <xsl:use-package name="urn:x-bridge:img-da-img:check" package-version="2024.01">
    <xsl:accept component="mode" names="m:document" visibility="public"/>
    <xsl:override>
      <xsl:function name="c:model" as="xs:string"><xsl:sequence select="'2099.01'"/></xsl:function>

      <xsl:function name="c:severity-of-urgency-in-act" as="xs:string"><xsl:sequence select="'toy'"/></xsl:function>

      <xsl:template match="cda:title" mode="c:check" as="element(finding)*">
        <xsl:sequence select="c:finding('1525', ., map {'expected': 'toy c:check'})"/>
      </xsl:template>
    </xsl:override>
  </xsl:use-package>

  <xsl:output method="xml" encoding="UTF-8" indent="no" omit-xml-declaration="yes"/>
</xsl:package>
