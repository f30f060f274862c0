<?xml version="1.0" encoding="UTF-8"?>
<!-- IMG-DA-IMG 2022.01: the document of 2024.01 with the extension of 2022.01. The rules of the two volets are the same, and the
     header rules of 2022.01 (CI-SIS, Structuration minimale, before ART-DECOR) accept the stricter form that 2024.01 demands;
     urgency stands in the header, as in the examples of 2022.01 that were brought up to date.
     Source: IMG-DA-IMG 2022.01; docs/models.md. -->
<xsl:package name="urn:x-bridge:img-da-img:to-cda" package-version="2022.01" version="3.0" default-mode="m:document"
    xmlns:m="urn:x-bridge:img-da-img:to-cda" xmlns:xs="http://www.w3.org/2001/XMLSchema"
    xmlns:xsl="http://www.w3.org/1999/XSL/Transform" exclude-result-prefixes="#all">
  <xsl:use-package name="urn:x-bridge:img-da-img:to-cda" package-version="2024.01">
    <xsl:accept component="mode" names="m:document" visibility="public"/>
    <xsl:override>
      <xsl:function name="m:version" as="xs:string" visibility="public">
        <xsl:sequence select="'2022.01'"/>
      </xsl:function>
    </xsl:override>
  </xsl:use-package>

  <xsl:output method="xml" encoding="UTF-8" indent="no"/>
</xsl:package>
