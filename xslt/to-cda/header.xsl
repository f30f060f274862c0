<?xml version="1.0" encoding="UTF-8"?>
<!-- Header of any document of the CI-SIS: the document itself and its people. One rule per order element, mode "h:header"; the parts
     of people, mode "h:parts". What is of the request stands in request.xsl.
     Source: CI-SIS, Structuration minimale. -->
<xsl:package name="urn:x-bridge:to-cda:header" package-version="1.0" version="3.0" expand-text="yes"
    xmlns:h="urn:x-bridge:to-cda:header" xmlns:dt="urn:x-bridge:to-cda:datatypes" xmlns:o="urn:x-bridge:order"
    xmlns:cda="urn:hl7-org:v3" xmlns:sdtc="urn:hl7-org:sdtc" xmlns="urn:hl7-org:v3"
    xmlns:xs="http://www.w3.org/2001/XMLSchema" xmlns:xsl="http://www.w3.org/1999/XSL/Transform"
    exclude-result-prefixes="#all">
  <xsl:use-package name="urn:x-bridge:to-cda:datatypes" package-version="1.*"/>

  <xsl:expose component="template" names="h:*" visibility="public"/>
  <xsl:mode name="h:header" on-no-match="fail" on-multiple-match="fail" visibility="public"/>
  <xsl:mode name="h:parts" on-no-match="fail" on-multiple-match="fail" visibility="public"/>

  <!-- The people of the header, in the order of the CDA schema. -->
  <xsl:template match="o:order" mode="h:header" as="element()+">
    <xsl:apply-templates mode="h:header" select="o:patient, o:author, o:data-enterer, o:contact, o:informant, o:custodian, o:recipient,
        o:legal-authenticator, o:authenticator, o:participant"/>
  </xsl:template>

  <!-- document -->

  <xsl:template match="o:document" mode="h:header" as="element()+">
    <effectiveTime value="{dt:ts(o:created-at)}"/>
    <xsl:apply-templates select="o:confidentiality" mode="h:header"/>
    <languageCode code="{o:language}"/>
    <setId><xsl:copy-of select="dt:ii(o:set-id)/@*"/></setId>
    <versionNumber value="{o:version}"/>
  </xsl:template>

  <xsl:template match="o:confidentiality" mode="h:header" as="element(cda:confidentialityCode)">
    <xsl:variable name="labels" as="map(xs:string, xs:string)" select="map {'L': 'Bas', 'M': 'Modéré', 'N': 'Normal',
        'R': 'Restreint', 'U': 'Non restreint', 'V': 'Très restreint'}"/>
    <confidentialityCode code="{.}" displayName="{$labels(.)}" codeSystem="2.16.840.1.113883.5.25"/>
  </xsl:template>

  <xsl:template match="o:replaces" mode="h:header" as="element(cda:relatedDocument)">
    <relatedDocument typeCode="RPLC">
      <parentDocument>
        <xsl:sequence select="dt:ii(.)"/>
        <xsl:for-each select="../o:replaces-version"><versionNumber value="{.}"/></xsl:for-each>
      </parentDocument>
    </relatedDocument>
  </xsl:template>

  <!-- patient -->

  <xsl:template match="o:patient" mode="h:header" as="element(cda:recordTarget)">
    <recordTarget>
      <patientRole>
        <xsl:sequence select="o:id ! dt:ii(.), dt:addresses(o:address), dt:telecoms(.)"/>
        <patient classCode="PSN">
          <xsl:apply-templates select="o:name" mode="h:header"/>
          <administrativeGenderCode><xsl:sequence select="dt:cd(o:gender)"/></administrativeGenderCode>
          <birthTime value="{dt:ts(o:birth-date)}"/>
          <xsl:for-each select="o:deceased"><sdtc:deceasedInd value="{.}"/></xsl:for-each>
          <xsl:for-each select="o:deceased-at"><sdtc:deceasedTime value="{dt:ts(.)}"/></xsl:for-each>
          <xsl:for-each select="o:multiple-birth"><sdtc:multipleBirthInd value="{.}"/></xsl:for-each>
          <xsl:for-each select="o:birth-rank"><sdtc:multipleBirthOrderNumber value="{.}"/></xsl:for-each>
          <xsl:apply-templates select="o:guardian, o:birth-place" mode="h:header"/>
        </patient>
      </patientRole>
    </recordTarget>
  </xsl:template>

  <xsl:template match="o:patient/o:name" mode="h:header" as="element(cda:name)">
    <name>
      <xsl:for-each select="o:prefix"><prefix>{.}</prefix></xsl:for-each>
      <family qualifier="BR">{o:birth-family}</family>
      <xsl:for-each select="o:birth-givens"><given>{.}</given></xsl:for-each>
      <xsl:for-each select="o:birth-given"><given qualifier="BR">{.}</given></xsl:for-each>
      <xsl:for-each select="o:used-family"><family qualifier="CL">{.}</family></xsl:for-each>
      <xsl:for-each select="o:used-given"><given qualifier="CL">{.}</given></xsl:for-each>
      <xsl:for-each select="o:suffix"><suffix>{.}</suffix></xsl:for-each>
    </name>
  </xsl:template>

  <xsl:template match="o:birth-place" mode="h:header" as="element(cda:birthplace)">
    <birthplace>
      <place>
        <addr>
          <xsl:for-each select="o:county"><county>{.}</county></xsl:for-each>
          <xsl:for-each select="o:city"><city>{.}</city></xsl:for-each>
          <xsl:for-each select="o:country"><country>{.}</country></xsl:for-each>
        </addr>
      </place>
    </birthplace>
  </xsl:template>

  <xsl:template match="o:guardian" mode="h:header" as="element(cda:guardian)">
    <guardian>
      <xsl:sequence select="o:id ! dt:ii(.), dt:addresses-or-nav(.), dt:telecoms(.)"/>
      <xsl:for-each select="o:name"><guardianPerson><xsl:sequence select="dt:names(.)"/></guardianPerson></xsl:for-each>
      <xsl:for-each select="o:organization">
        <guardianOrganization><xsl:apply-templates select="." mode="h:parts"/></guardianOrganization>
      </xsl:for-each>
    </guardian>
  </xsl:template>

  <!-- people and structures -->

  <!-- What stands first in every role of a professional: id, code, addr, telecom. -->
  <xsl:template match="o:professional | o:performer | o:responsible | o:contacted | o:informant" mode="h:parts" as="element()*">
    <xsl:sequence select="o:id ! dt:ii(.)"/>
    <xsl:for-each select="o:speciality"><code><xsl:sequence select="dt:cd(.)"/></code></xsl:for-each>
    <xsl:sequence select="dt:addresses(o:address), dt:telecoms(.)"/>
  </xsl:template>

  <xsl:template match="o:organization | o:custodian" mode="h:parts" as="element()*">
    <xsl:sequence select="o:id ! dt:ii(.)"/>
    <xsl:for-each select="o:name"><name>{.}</name></xsl:for-each>
    <xsl:sequence select="dt:telecoms(.), dt:addresses(o:address)"/>
    <xsl:for-each select="o:practice-setting">
      <standardIndustryClassCode><xsl:sequence select="dt:cd(.)"/></standardIndustryClassCode>
    </xsl:for-each>
  </xsl:template>

  <!-- A professional as assignedEntity. The schema demands an id: a contacted physician may have none. -->
  <xsl:template name="h:assigned-entity" as="element(cda:assignedEntity)">
    <xsl:context-item as="element()" use="required"/>
    <assignedEntity>
      <xsl:if test="not(o:id)"><id nullFlavor="UNK"/></xsl:if>
      <xsl:apply-templates select="." mode="h:parts"/>
      <xsl:for-each select="o:name"><assignedPerson><xsl:sequence select="dt:name(.)"/></assignedPerson></xsl:for-each>
      <xsl:for-each select="o:organization">
        <representedOrganization><xsl:apply-templates select="." mode="h:parts"/></representedOrganization>
      </xsl:for-each>
    </assignedEntity>
  </xsl:template>

  <xsl:template name="h:function" as="element(cda:functionCode)">
    <xsl:context-item as="element(o:function)" use="required"/>
    <functionCode>
      <xsl:sequence select="dt:cd(.)"/>
      <xsl:for-each select="o:text"><originalText>{.}</originalText></xsl:for-each>
    </functionCode>
  </xsl:template>

  <xsl:template match="o:author" mode="h:header" as="element(cda:author)">
    <author>
      <xsl:for-each select="o:function"><xsl:call-template name="h:function"/></xsl:for-each>
      <time value="{dt:ts(o:time)}"/>
      <xsl:for-each select="o:professional">
        <assignedAuthor>
          <xsl:if test="../o:device and not(o:id)"><id nullFlavor="UNK"/></xsl:if>
          <xsl:apply-templates select="." mode="h:parts"/>
          <xsl:for-each select="o:name"><assignedPerson><xsl:sequence select="dt:name(.)"/></assignedPerson></xsl:for-each>
          <xsl:apply-templates select="../o:device" mode="h:header"/>
          <xsl:for-each select="o:organization">
            <representedOrganization><xsl:apply-templates select="." mode="h:parts"/></representedOrganization>
          </xsl:for-each>
        </assignedAuthor>
      </xsl:for-each>
    </author>
  </xsl:template>

  <xsl:template match="o:device" mode="h:header" as="element(cda:assignedAuthoringDevice)">
    <assignedAuthoringDevice>
      <xsl:for-each select="o:model"><manufacturerModelName>{.}</manufacturerModelName></xsl:for-each>
      <xsl:if test="not(o:model)"><manufacturerModelName nullFlavor="UNK"/></xsl:if>
      <xsl:for-each select="o:software"><softwareName>{.}</softwareName></xsl:for-each>
      <xsl:if test="not(o:software)"><softwareName nullFlavor="UNK"/></xsl:if>
    </assignedAuthoringDevice>
  </xsl:template>

  <xsl:template match="o:data-enterer" mode="h:header" as="element(cda:dataEnterer)">
    <dataEnterer>
      <xsl:for-each select="o:time"><time value="{dt:ts(.)}"/></xsl:for-each>
      <xsl:for-each select="o:professional"><xsl:call-template name="h:assigned-entity"/></xsl:for-each>
    </dataEnterer>
  </xsl:template>

  <xsl:template match="o:contact" mode="h:header" as="element(cda:informant)">
    <informant>
      <relatedEntity classCode="{o:role}">
        <xsl:for-each select="o:relation">
          <code>
            <xsl:sequence select="dt:cd(.)"/>
            <xsl:for-each select="o:text"><originalText>{.}</originalText></xsl:for-each>
          </code>
        </xsl:for-each>
        <xsl:sequence select="dt:addresses-or-nav(.), dt:telecoms(.)"/>
        <relatedPerson><xsl:sequence select="dt:name(o:name)"/></relatedPerson>
      </relatedEntity>
    </informant>
  </xsl:template>

  <xsl:template match="o:informant" mode="h:header" as="element(cda:informant)">
    <informant><xsl:call-template name="h:assigned-entity"/></informant>
  </xsl:template>

  <xsl:template match="o:custodian" mode="h:header" as="element(cda:custodian)">
    <custodian>
      <assignedCustodian>
        <representedCustodianOrganization>
          <xsl:apply-templates select="." mode="h:parts"/>
        </representedCustodianOrganization>
      </assignedCustodian>
    </custodian>
  </xsl:template>

  <xsl:template match="o:recipient" mode="h:header" as="element(cda:informationRecipient)">
    <informationRecipient typeCode="{if (o:copy = 'true') then 'TRC' else 'PRCP'}">
      <xsl:for-each select="o:professional">
        <intendedRecipient>
          <xsl:sequence select="o:id ! dt:ii(.), dt:addresses(o:address), dt:telecoms(.)"/>
          <xsl:for-each select="o:name">
            <informationRecipient><xsl:sequence select="dt:name(.)"/></informationRecipient>
          </xsl:for-each>
          <xsl:for-each select="o:organization">
            <receivedOrganization><xsl:apply-templates select="." mode="h:parts"/></receivedOrganization>
          </xsl:for-each>
        </intendedRecipient>
      </xsl:for-each>
    </informationRecipient>
  </xsl:template>

  <xsl:template match="o:legal-authenticator" mode="h:header" as="element(cda:legalAuthenticator)">
    <legalAuthenticator>
      <time value="{dt:ts(o:time)}"/>
      <signatureCode code="S"/>
      <xsl:for-each select="o:professional"><xsl:call-template name="h:assigned-entity"/></xsl:for-each>
    </legalAuthenticator>
  </xsl:template>

  <xsl:template match="o:authenticator" mode="h:header" as="element(cda:authenticator)">
    <authenticator>
      <time value="{dt:ts(o:time)}"/>
      <signatureCode code="S"/>
      <xsl:for-each select="o:professional"><xsl:call-template name="h:assigned-entity"/></xsl:for-each>
    </authenticator>
  </xsl:template>

  <xsl:template match="o:order/o:participant" mode="h:header" as="element(cda:participant)">
    <participant typeCode="{o:type}">
      <xsl:for-each select="o:function"><xsl:call-template name="h:function"/></xsl:for-each>
      <time><xsl:sequence select="dt:interval(o:time, 'UNK')"/></time>
      <associatedEntity classCode="{o:role-class}">
        <xsl:for-each select="o:professional">
          <xsl:apply-templates select="." mode="h:parts"/>
          <xsl:for-each select="o:name">
            <associatedPerson><xsl:sequence select="dt:name(.)"/></associatedPerson>
          </xsl:for-each>
          <xsl:for-each select="o:organization">
            <scopingOrganization><xsl:apply-templates select="." mode="h:parts"/></scopingOrganization>
          </xsl:for-each>
        </xsl:for-each>
      </associatedEntity>
    </participant>
  </xsl:template>
</xsl:package>
