<?xml version="1.0" encoding="UTF-8"?>
<!-- Sections: the body, section by section, each with its narrative and its entries. Mode "s:section".
     Source: IMG-DA-IMG 2024.01, section 3.4.2 (the rubriques) and its sections FR-…. -->
<xsl:package name="urn:x-bridge:to-cda:sections" package-version="1.0" version="3.0" expand-text="yes"
    xmlns:s="urn:x-bridge:to-cda:sections" xmlns:n="urn:x-bridge:to-cda:narrative" xmlns:e="urn:x-bridge:to-cda:entries"
    xmlns:dt="urn:x-bridge:to-cda:datatypes" xmlns:o="urn:x-bridge:order" xmlns:cda="urn:hl7-org:v3" xmlns="urn:hl7-org:v3"
    xmlns:xsl="http://www.w3.org/1999/XSL/Transform" exclude-result-prefixes="#all">
  <xsl:use-package name="urn:x-bridge:to-cda:datatypes" package-version="1.*"/>
  <xsl:use-package name="urn:x-bridge:to-cda:entries" package-version="1.*">
    <xsl:accept component="*" names="e:* n:*" visibility="public"/>
  </xsl:use-package>

  <xsl:expose component="template" names="s:*" visibility="public"/>
  <xsl:mode name="s:section" on-no-match="fail" on-multiple-match="fail" visibility="public"/>

  <xsl:template match="o:order" mode="s:section" as="element(cda:component)">
    <component>
      <structuredBody>
        <component><xsl:call-template name="s:clinical-information"/></component>
        <component><xsl:call-template name="s:patient-information"/></component>
        <component><xsl:call-template name="s:requested-acts"/></component>
        <xsl:for-each select="o:prior-results"><component><xsl:call-template name="s:prior-results"/></component></xsl:for-each>
        <xsl:if test="o:attachment"><component><xsl:call-template name="s:attachments"/></component></xsl:if>
      </structuredBody>
    </component>
  </xsl:template>

  <!-- FR-DICOM-informations-cliniques, with its two sub-sections -->
  <xsl:template name="s:clinical-information" as="element(cda:section)">
    <xsl:context-item as="element(o:order)" use="required"/>
    <section>
      <templateId root="1.2.840.10008.9.2"/>
      <templateId root="1.2.250.1.213.1.1.2.205"/>
      <xsl:sequence select="dt:uuid(., 1, 0, 0)"/>
      <code><xsl:sequence select="dt:loinc('55752-0', 'Informations cliniques')"/></code>
      <title>Informations cliniques</title>
      <text/>
      <component><xsl:call-template name="s:reason"/></component>
      <component><xsl:call-template name="s:history"/></component>
    </section>
  </xsl:template>

  <!-- FR-DICOM-Demande-examen: justification and finalité stand in the narrative alone -->
  <xsl:template name="s:reason" as="element(cda:section)">
    <xsl:context-item as="element(o:order)" use="required"/>
    <section>
      <templateId root="1.2.840.10008.9.7"/>
      <templateId root="1.2.250.1.213.1.1.2.211"/>
      <xsl:sequence select="dt:uuid(., 2, 0, 0)"/>
      <code><xsl:sequence select="dt:loinc('55115-0', 'Demande')"/></code>
      <title>Justification de la demande d'examen / Finalité de l'examen</title>
      <text>
        <xsl:variable name="tables" as="element(cda:table)+">
          <xsl:apply-templates select="o:justification, o:purpose" mode="n:narrative"/>
        </xsl:variable>
        <xsl:sequence select="n:tables($tables)"/>
      </text>
    </section>
  </xsl:template>

  <!-- FR-DICOM-Historique-medical -->
  <xsl:template name="s:history" as="element(cda:section)">
    <xsl:context-item as="element(o:order)" use="required"/>
    <section>
      <templateId root="2.16.840.1.113883.10.20.22.2.39"/>
      <templateId root="1.2.250.1.213.1.1.2.213"/>
      <xsl:sequence select="dt:uuid(., 3, 0, 0)"/>
      <code><xsl:sequence select="dt:loinc('11329-0', 'Historique médical')"/></code>
      <title>Antécédents médicaux / Antécédents chirurgicaux / Contre-indications / Informations pour la prise en charge</title>
      <text>
        <xsl:variable name="tables" as="element(cda:table)+">
          <xsl:apply-templates mode="n:narrative"
              select="o:medical-history, o:surgical-history, o:contraindication[1], o:care-information[1]"/>
        </xsl:variable>
        <xsl:sequence select="n:tables($tables)"/>
      </text>
      <!-- The rules count the elements of a list by their position in the selection, each kind for itself. -->
      <xsl:apply-templates select="o:medical-history, o:surgical-history" mode="e:entry"/>
      <xsl:apply-templates select="o:contraindication" mode="e:entry"/>
      <xsl:apply-templates select="o:care-information" mode="e:entry"/>
    </section>
  </xsl:template>

  <!-- FR-Education-du-patient -->
  <xsl:template name="s:patient-information" as="element(cda:section)">
    <xsl:context-item as="element(o:order)" use="required"/>
    <section>
      <templateId root="1.3.6.1.4.1.19376.1.5.3.1.1.9.38"/>
      <templateId root="1.3.6.1.4.1.19376.1.5.3.1.1.9.39"/>
      <templateId root="1.2.250.1.213.1.1.2.107"/>
      <xsl:sequence select="dt:uuid(., 4, 0, 0)"/>
      <code><xsl:sequence select="dt:loinc('34895-3', 'Education du patient')"/></code>
      <title>Information du patient</title>
      <text><xsl:apply-templates select="." mode="n:narrative"/></text>
      <xsl:apply-templates select="., o:patient-information" mode="e:entry"/>
    </section>
  </xsl:template>

  <!-- FR-Plan-de-soins-IMG-DA -->
  <xsl:template name="s:requested-acts" as="element(cda:section)">
    <xsl:context-item as="element(o:order)" use="required"/>
    <section>
      <templateId root="2.16.840.1.113883.10.20.1.10"/>
      <templateId root="1.3.6.1.4.1.19376.1.5.3.1.3.36"/>
      <templateId root="1.2.250.1.213.1.1.2.158"/>
      <templateId root="1.2.250.1.213.1.1.2.158.3"/>
      <xsl:sequence select="dt:uuid(., 5, 0, 0)"/>
      <code><xsl:sequence select="dt:loinc('18776-5', 'Plan de soins')"/></code>
      <title>Acte(s) d'imagerie demandé(s)</title>
      <text>
        <xsl:variable name="tables" as="element(cda:table)+">
          <xsl:apply-templates select="o:act[1], o:urgency, o:callback" mode="n:narrative"/>
          <xsl:call-template name="n:when"/>
        </xsl:variable>
        <xsl:sequence select="n:tables($tables)"/>
      </text>
      <xsl:apply-templates select="o:act" mode="e:entry"/>
    </section>
  </xsl:template>

  <!-- FR-Resultats-examens-non-code: a text without entries -->
  <xsl:template name="s:prior-results" as="element(cda:section)">
    <xsl:context-item as="element(o:prior-results)" use="required"/>
    <section>
      <templateId root="1.3.6.1.4.1.19376.1.5.3.1.3.27"/>
      <templateId root="1.2.250.1.213.1.1.2.150"/>
      <xsl:sequence select="dt:uuid(., 6, 0, 0)"/>
      <code><xsl:sequence select="dt:loinc('30954-2', 'Résultats d''examens')"/></code>
      <title>Résultats d'examens antérieurs</title>
      <text><xsl:apply-templates select="." mode="n:narrative"/></text>
    </section>
  </xsl:template>

  <!-- FR-Documents-ajoutes -->
  <xsl:template name="s:attachments" as="element(cda:section)">
    <xsl:context-item as="element(o:order)" use="required"/>
    <section>
      <templateId root="1.2.250.1.213.1.1.2.37"/>
      <xsl:sequence select="dt:uuid(., 7, 0, 0)"/>
      <code><xsl:sequence select="dt:loinc('55107-7', 'Documents ajoutés')"/></code>
      <title>Documents liés</title>
      <text><xsl:apply-templates select="o:attachment" mode="n:narrative"/></text>
      <xsl:apply-templates select="o:attachment" mode="e:entry"/>
    </section>
  </xsl:template>
</xsl:package>
