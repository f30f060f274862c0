<?xml version="1.0" encoding="UTF-8"?>
<!-- IMG-DA-IMG 2024.01: which layers make the document, and what identifies this version of the model.
     Source: IMG-DA-IMG 2024.01; CI-SIS, Structuration minimale. -->
<xsl:package name="urn:x-bridge:img-da-img:to-cda" package-version="2024.01" version="3.0" expand-text="yes"
    default-mode="m:document" xmlns:m="urn:x-bridge:img-da-img:to-cda" xmlns:h="urn:x-bridge:to-cda:header" xmlns:q="urn:x-bridge:to-cda:request"
    xmlns:s="urn:x-bridge:to-cda:sections" xmlns:e="urn:x-bridge:to-cda:entries" xmlns:n="urn:x-bridge:to-cda:narrative"
    xmlns:dt="urn:x-bridge:to-cda:datatypes" xmlns:o="urn:x-bridge:order" xmlns:cda="urn:hl7-org:v3"
    xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xmlns="urn:hl7-org:v3"
    xmlns:xs="http://www.w3.org/2001/XMLSchema" xmlns:xsl="http://www.w3.org/1999/XSL/Transform"
    exclude-result-prefixes="m h q s e n dt o cda xs">
  <xsl:use-package name="urn:x-bridge:to-cda:datatypes" package-version="1.*"/>
  <xsl:use-package name="urn:x-bridge:to-cda:request" package-version="1.*">
    <xsl:accept component="*" names="h:* q:*" visibility="public"/>
  </xsl:use-package>
  <xsl:use-package name="urn:x-bridge:to-cda:sections" package-version="1.*">
    <xsl:accept component="*" names="s:* e:* n:*" visibility="public"/>
  </xsl:use-package>

  <xsl:output method="xml" encoding="UTF-8" indent="no"/>
  <xsl:mode name="m:document" on-no-match="fail" visibility="public"/>

  <!-- What another version of the model overrides. -->
  <xsl:function name="m:version" as="xs:string" visibility="public">
    <xsl:sequence select="'2024.01'"/>
  </xsl:function>

  <xsl:template match="/" as="element(cda:ClinicalDocument)">
    <xsl:apply-templates select="o:order"/>
  </xsl:template>

  <xsl:template match="o:order" as="element(cda:ClinicalDocument)">
    <ClinicalDocument>
      <realmCode code="FR"/>
      <typeId root="2.16.840.1.113883.1.3" extension="POCD_HD000040"/>
      <templateId root="2.16.840.1.113883.2.8.2.1"/>
      <templateId root="1.2.250.1.213.1.1.1.1"/>
      <templateId root="1.2.840.10008.9.20"/>
      <templateId root="1.2.250.1.213.1.1.1.47" extension="{m:version()}"/>
      <xsl:sequence select="dt:ii(o:document/o:id)"/>
      <code><xsl:sequence select="dt:loinc('55115-0', 'Demande d''actes d''imagerie')"/></code>
      <title>{o:document/o:title}</title>
      <xsl:apply-templates select="o:document, ." mode="h:header"/>
      <xsl:apply-templates select="." mode="q:request"/>
      <xsl:apply-templates select="." mode="s:section"/>
    </ClinicalDocument>
  </xsl:template>
</xsl:package>
