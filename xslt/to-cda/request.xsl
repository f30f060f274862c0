<?xml version="1.0" encoding="UTF-8"?>
<!-- Request: what the header says of the request for imaging, after the people: the orders it fulfils, its events (request, screening,
     urgency), the document it replaces, consents, the context of care. One rule per order element, mode "q:request".
     Source: IMG-DA-IMG 2024.01, section 3.4.1; CI-SIS, Structuration minimale. -->
<xsl:package name="urn:x-bridge:to-cda:request" package-version="1.0" version="3.0" expand-text="yes"
    xmlns:q="urn:x-bridge:to-cda:request" xmlns:h="urn:x-bridge:to-cda:header" xmlns:dt="urn:x-bridge:to-cda:datatypes"
    xmlns:o="urn:x-bridge:order" xmlns:cda="urn:hl7-org:v3" xmlns:ps3-20="urn:dicom-org:ps3-20" xmlns="urn:hl7-org:v3"
    xmlns:xsl="http://www.w3.org/1999/XSL/Transform" exclude-result-prefixes="#all">
  <xsl:use-package name="urn:x-bridge:to-cda:datatypes" package-version="1.*"/>
  <xsl:use-package name="urn:x-bridge:to-cda:header" package-version="1.*">
    <xsl:accept component="*" names="h:*" visibility="public"/>
  </xsl:use-package>

  <xsl:mode name="q:request" on-no-match="fail" on-multiple-match="fail" visibility="public"/>

  <!-- In the order of the CDA schema. -->
  <xsl:template match="o:order" mode="q:request" as="element()+">
    <xsl:apply-templates select="o:fulfilled-order, o:request, o:screening, o:urgency" mode="q:request"/>
    <xsl:apply-templates select="o:document/o:replaces" mode="h:header"/>
    <xsl:apply-templates select="o:consent, o:encounter" mode="q:request"/>
  </xsl:template>

  <!-- Accession numbers are an extension of DICOM PS3.20. -->
  <xsl:template match="o:fulfilled-order" mode="q:request" as="element(cda:inFulfillmentOf)">
    <inFulfillmentOf>
      <order>
        <xsl:sequence select="dt:ii(o:id)"/>
        <xsl:for-each select="o:accession-number">
          <ps3-20:accessionNumber><xsl:copy-of select="dt:ii(.)/@*"/></ps3-20:accessionNumber>
        </xsl:for-each>
      </order>
    </inFulfillmentOf>
  </xsl:template>

  <!-- documented events: the request must come first (Structuration minimale tests documentationOf[1]) -->

  <xsl:template match="o:request" mode="q:request" as="element(cda:documentationOf)">
    <documentationOf>
      <serviceEvent classCode="ACT">
        <xsl:sequence select="o:id ! dt:ii(.)"/>
        <code><xsl:sequence select="dt:loinc('55115-0', 'Demande d''actes d''imagerie')"/></code>
        <effectiveTime><xsl:sequence select="dt:interval(o:period, 'UNK')"/></effectiveTime>
        <xsl:for-each select="o:performer">
          <performer typeCode="PRF"><xsl:call-template name="h:assigned-entity"/></performer>
        </xsl:for-each>
      </serviceEvent>
    </documentationOf>
  </xsl:template>

  <xsl:template match="o:screening[. = 'true']" mode="q:request" as="element(cda:documentationOf)">
    <documentationOf>
      <serviceEvent classCode="ACT">
        <code>
          <xsl:sequence select="dt:fixed('Z13.9', '2.16.840.1.113883.6.3', 'Examen spécial de dépistage, sans précision')"/>
        </code>
      </serviceEvent>
    </documentationOf>
  </xsl:template>

  <xsl:template match="o:screening[. = 'false']" mode="q:request" as="empty-sequence()"/>

  <!-- Urgency stands in the header since 2024.01; a wish to be called back is said at the end of the reason too. -->
  <xsl:template match="o:urgency" mode="q:request" as="element(cda:documentationOf)">
    <documentationOf>
      <serviceEvent classCode="ACT">
        <code>
          <xsl:sequence select="dt:ta('MED-1095', 'Exécution en urgence')"/>
          <originalText>{o:reason}{' (retour par téléphone souhaité)'[current()/../o:callback = 'true']}</originalText>
        </code>
        <xsl:for-each select="o:contacted">
          <performer typeCode="PRF"><xsl:call-template name="h:assigned-entity"/></performer>
        </xsl:for-each>
      </serviceEvent>
    </documentationOf>
  </xsl:template>

  <xsl:template match="o:consent" mode="q:request" as="element(cda:authorization)">
    <authorization>
      <consent>
        <xsl:sequence select="o:id ! dt:ii(.)"/>
        <code>
          <xsl:sequence select="dt:cd(o:code)"/>
          <xsl:for-each select="o:code/o:text"><originalText>{.}</originalText></xsl:for-each>
        </code>
        <statusCode code="completed"/>
      </consent>
    </authorization>
  </xsl:template>

  <!-- context of care -->

  <xsl:template match="o:encounter" mode="q:request" as="element(cda:componentOf)">
    <componentOf>
      <encompassingEncounter>
        <xsl:sequence select="o:id ! dt:ii(.)"/>
        <xsl:for-each select="o:type"><code><xsl:sequence select="dt:cd(.)"/></code></xsl:for-each>
        <effectiveTime><xsl:sequence select="dt:interval(o:period, 'UNK')"/></effectiveTime>
        <xsl:for-each select="o:responsible">
          <responsibleParty><xsl:call-template name="h:assigned-entity"/></responsibleParty>
        </xsl:for-each>
        <xsl:apply-templates select="o:participant, o:facility" mode="q:request"/>
      </encompassingEncounter>
    </componentOf>
  </xsl:template>

  <xsl:template match="o:encounter/o:participant" mode="q:request" as="element(cda:encounterParticipant)">
    <encounterParticipant typeCode="{o:type}">
      <xsl:for-each select="o:time"><time><xsl:sequence select="dt:interval(., 'UNK')"/></time></xsl:for-each>
      <xsl:for-each select="o:professional"><xsl:call-template name="h:assigned-entity"/></xsl:for-each>
    </encounterParticipant>
  </xsl:template>

  <xsl:template match="o:facility" mode="q:request" as="element(cda:location)">
    <location>
      <healthCareFacility>
        <xsl:sequence select="o:id ! dt:ii(.)"/>
        <code><xsl:sequence select="dt:cd(o:type)"/></code>
        <xsl:if test="o:name or o:address">
          <location>
            <xsl:for-each select="o:name"><name>{.}</name></xsl:for-each>
            <xsl:sequence select="dt:addresses(o:address)"/>
          </location>
        </xsl:if>
      </healthCareFacility>
    </location>
  </xsl:template>
</xsl:package>
