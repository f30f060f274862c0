<?xml version="1.0" encoding="UTF-8"?>
<!-- A version that does not exist, of the tests: it overrides one rule of each mode. -->
<xsl:package name="urn:x-bridge:img-da-img:to-cda" package-version="2099.01" version="3.0" expand-text="yes"
    default-mode="m:document" xmlns:m="urn:x-bridge:img-da-img:to-cda" xmlns:h="urn:x-bridge:to-cda:header"
    xmlns:q="urn:x-bridge:to-cda:request" xmlns:s="urn:x-bridge:to-cda:sections" xmlns:e="urn:x-bridge:to-cda:entries"
    xmlns:n="urn:x-bridge:to-cda:narrative" xmlns:o="urn:x-bridge:order" xmlns:cda="urn:hl7-org:v3" xmlns="urn:hl7-org:v3"
    xmlns:xs="http://www.w3.org/2001/XMLSchema" xmlns:xsl="http://www.w3.org/1999/XSL/Transform" exclude-result-prefixes="#all">
  <xsl:use-package name="urn:x-bridge:img-da-img:to-cda" package-version="2024.01">
    <xsl:accept component="mode" names="m:document" visibility="public"/>
    <xsl:override>
      <xsl:function name="m:version" as="xs:string"><xsl:sequence select="'2099.01'"/></xsl:function>

      <xsl:template match="o:confidentiality" mode="h:header" as="element(cda:confidentialityCode)">
        <confidentialityCode code="{.}" displayName="toy h:header"/>
      </xsl:template>

      <xsl:template match="o:custodian" mode="h:parts" as="element()*">
        <xsl:next-match/>
        <desc>toy h:parts</desc>
      </xsl:template>

      <xsl:template match="o:request" mode="q:request" as="element(cda:documentationOf)">
        <documentationOf typeCode="DOC"><serviceEvent><code code="toy q:request"/></serviceEvent></documentationOf>
      </xsl:template>

      <xsl:template name="s:patient-information" as="element(cda:section)">
        <xsl:context-item as="element(o:order)" use="required"/>
        <section><title>toy s:patient-information</title></section>
      </xsl:template>

      <xsl:template match="o:order[true()]" mode="s:section" as="element(cda:component)">
        <xsl:variable name="body" as="element(cda:component)"><xsl:next-match/></xsl:variable>
        <component typeCode="toy"><xsl:sequence select="$body/*"/></component>
      </xsl:template>

      <xsl:template match="o:medical-history" mode="e:entry" as="element(cda:entry)">
        <entry><act><code code="toy e:entry"/></act></entry>
      </xsl:template>

      <xsl:template match="o:medical-history" mode="n:narrative" as="element(cda:table)">
        <table><caption>toy n:narrative</caption></table>
      </xsl:template>
    </xsl:override>
  </xsl:use-package>

  <xsl:output method="xml" encoding="UTF-8" indent="no"/>
</xsl:package>
