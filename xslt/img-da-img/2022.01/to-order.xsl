<?xml version="1.0" encoding="UTF-8"?>
<!-- IMG-DA-IMG 2022.01 read backwards. What its documents do otherwise (urgency in the acts, SP names, procedures of the draft) is read
     in documents of both versions, because both are seen in documents of either. Source: IMG-DA-IMG 2022.01; docs/models.md. -->
<xsl:package name="urn:x-bridge:img-da-img:to-order" package-version="2022.01" version="3.0" default-mode="m:document"
    xmlns:m="urn:x-bridge:img-da-img:to-order" xmlns:xsl="http://www.w3.org/1999/XSL/Transform">
  <xsl:use-package name="urn:x-bridge:img-da-img:to-order" package-version="2024.01">
    <xsl:accept component="mode" names="m:document" visibility="public"/>
  </xsl:use-package>

  <xsl:output method="xml" encoding="UTF-8" indent="no" omit-xml-declaration="yes"/>
</xsl:package>
