<?xml version="1.0" encoding="UTF-8"?>
<!-- Header read backwards: everything before the body. One rule per CDA element, mode "h:header"; the parts of people, mode "h:parts".
     Source: CI-SIS, Structuration minimale; IMG-DA-IMG 2024.01, section 3.4.1; docs/models.md, "2022.01". -->
<xsl:package name="urn:x-bridge:to-order:header" package-version="1.0" version="3.0" expand-text="yes"
    xmlns:h="urn:x-bridge:to-order:header" xmlns:r="urn:x-bridge:to-order:datatypes" xmlns:x="urn:x-bridge:source" xmlns:o="urn:x-bridge:order"
    xmlns:cda="urn:hl7-org:v3" xmlns:sdtc="urn:hl7-org:sdtc" xmlns:ps3-20="urn:dicom-org:ps3-20" xmlns="urn:x-bridge:order"
    xmlns:xs="http://www.w3.org/2001/XMLSchema" xmlns:xsl="http://www.w3.org/1999/XSL/Transform"
    exclude-result-prefixes="h r o cda sdtc ps3-20 xs">
  <xsl:use-package name="urn:x-bridge:to-order:datatypes" package-version="1.*"/>

  <xsl:expose component="*" names="h:*" visibility="public"/>
  <xsl:mode name="h:header" on-no-match="fail" on-multiple-match="fail" visibility="public"/>
  <xsl:mode name="h:parts" on-no-match="fail" on-multiple-match="fail" visibility="public"/>

  <!-- The participants and events of the header that an order has a place for; urgency is read with the acts. -->
  <xsl:template match="cda:ClinicalDocument" mode="h:header" as="element()+">
    <xsl:variable name="requests" as="element()*" select="cda:documentationOf/cda:serviceEvent[cda:code/@code = '55115-0']"/>
    <xsl:variable name="replaced" as="element()?" select="cda:relatedDocument[@typeCode = 'RPLC'][1]/cda:parentDocument"/>
    <document x:from="{@x:n}">
      <xsl:for-each select="cda:id[@root]"><id><xsl:sequence select="r:ii(.)"/></id></xsl:for-each>
      <xsl:for-each select="cda:setId[@root]"><set-id><xsl:sequence select="r:ii(.)"/></set-id></xsl:for-each>
      <xsl:for-each select="r:dated(cda:effectiveTime)"><created-at><xsl:sequence select="r:moment(.)"/></created-at></xsl:for-each>
      <xsl:for-each select="cda:versionNumber[@value]"><version><xsl:sequence select="r:from(.)"/>{@value}</version></xsl:for-each>
      <xsl:for-each select="r:filled(cda:title)"><title><xsl:sequence select="r:text(.)"/></title></xsl:for-each>
      <xsl:for-each select="cda:languageCode[@code]"><language><xsl:sequence select="r:from(.)"/>{@code}</language></xsl:for-each>
      <xsl:for-each select="cda:confidentialityCode[@code]"><confidentiality><xsl:sequence select="r:from(.)"/>{@code}</confidentiality></xsl:for-each>
      <xsl:for-each select="$replaced/cda:id[@root][1]"><replaces><xsl:sequence select="r:ii(.)"/></replaces></xsl:for-each>
      <xsl:for-each select="$replaced[cda:id/@root]/cda:versionNumber[@value]">
        <replaces-version><xsl:sequence select="r:from(.)"/>{@value}</replaces-version>
      </xsl:for-each>
    </document>
    <xsl:apply-templates mode="h:header" select="cda:recordTarget[1]/cda:patientRole, cda:author[cda:assignedAuthor][not(cda:assignedAuthor/cda:assignedAuthoringDevice)],
        cda:author[cda:assignedAuthor/cda:assignedAuthoringDevice], cda:dataEnterer, cda:informant[cda:relatedEntity | cda:assignedEntity], cda:custodian/cda:assignedCustodian/cda:representedCustodianOrganization,
        cda:informationRecipient, cda:legalAuthenticator, cda:authenticator, cda:participant[cda:associatedEntity],
        cda:inFulfillmentOf/cda:order[cda:id/@root], cda:authorization/cda:consent[cda:code/@code],
        ($requests, cda:documentationOf/cda:serviceEvent[not(cda:code)])[1], cda:componentOf/cda:encompassingEncounter"/>
    <xsl:variable name="screening" as="element()*" select="cda:documentationOf/cda:serviceEvent/cda:code
        [@codeSystem = '2.16.840.1.113883.6.3' or @code = 'Z13.9'][matches(@code, '^Z1[123]')]"/>
    <screening>
      <xsl:if test="$screening"><xsl:attribute name="x:took" select="$screening ! h:coded(.)"/></xsl:if>{exists($screening)}</screening>
    <xsl:sequence select="$screening[@code ne 'Z13.9'] ! r:issue('IMGDA-1319', .)"/>
  </xsl:template>

  <!-- The attributes of a code that says which event it is: they are read. -->
  <xsl:function name="h:coded" as="xs:string*">
    <xsl:param name="code" as="element()?"/>
    <xsl:for-each select="$code"><xsl:sequence select="('@code', '@codeSystem', '@displayName') ! (current()/@x:n || .)"/></xsl:for-each>
  </xsl:function>

  <!-- The header has room for one number of each order, and for one accession number: further ones are orders of their own. -->
  <xsl:template match="cda:order" mode="h:header" as="element(o:fulfilled-order)*">
    <xsl:variable name="accession" as="element()*" select="ps3-20:accessionNumber[@root]"/>
    <xsl:for-each select="cda:id[@root]">
      <xsl:variable name="k" as="xs:integer" select="position()"/>
      <fulfilled-order x:from="{../@x:n}">
        <id><xsl:sequence select="r:ii(.)"/></id>
        <xsl:for-each select="$accession[$k]"><accession-number><xsl:sequence select="r:ii(.)"/></accession-number></xsl:for-each>
      </fulfilled-order>
    </xsl:for-each>
    <xsl:for-each select="$accession[position() gt count(../cda:id[@root])]">
      <fulfilled-order x:from="{../@x:n}">
        <id><xsl:sequence select="r:ii(../cda:id[@root][1])"/></id>
        <accession-number><xsl:sequence select="r:ii(.)"/></accession-number>
      </fulfilled-order>
    </xsl:for-each>
  </xsl:template>

  <xsl:template match="cda:consent" mode="h:header" as="element(o:consent)">
    <consent x:from="{@x:n}">
      <xsl:for-each select="cda:code"><code><xsl:sequence select="r:cd(.), r:inline(.)"/></code></xsl:for-each>
      <xsl:for-each select="cda:id[@root]"><id><xsl:sequence select="r:ii(.)"/></id></xsl:for-each>
    </consent>
  </xsl:template>

  <!-- patient -->

  <xsl:template match="cda:patientRole" mode="h:header" as="element(o:patient)">
    <patient x:from="{@x:n}">
      <xsl:for-each select="cda:id[@root]"><id><xsl:sequence select="r:ii(.)"/></id></xsl:for-each>
      <xsl:apply-templates select="cda:patient/cda:name[1]" mode="h:header"/>
      <xsl:for-each select="cda:patient">
        <xsl:for-each select="cda:administrativeGenderCode[@code]"><gender><xsl:sequence select="r:cd(.)"/></gender></xsl:for-each>
        <xsl:for-each select="r:dated(cda:birthTime)"><birth-date><xsl:sequence select="r:moment(.)"/></birth-date></xsl:for-each>
        <xsl:for-each select="cda:birthplace/cda:place/r:filled(cda:addr)[1]">
          <birth-place><xsl:sequence select="r:from(.), r:parts(.)"/></birth-place>
        </xsl:for-each>
        <xsl:for-each select="sdtc:deceasedInd[@value]"><deceased><xsl:sequence select="r:from(.)"/>{@value}</deceased></xsl:for-each>
        <xsl:for-each select="r:dated(sdtc:deceasedTime)"><deceased-at><xsl:sequence select="r:moment(.)"/></deceased-at></xsl:for-each>
        <xsl:for-each select="sdtc:multipleBirthInd[@value]"><multiple-birth><xsl:sequence select="r:from(.)"/>{@value}</multiple-birth></xsl:for-each>
        <xsl:for-each select="sdtc:multipleBirthOrderNumber[@value]"><birth-rank><xsl:sequence select="r:from(.)"/>{@value}</birth-rank></xsl:for-each>
      </xsl:for-each>
      <xsl:sequence select="r:telecoms(.), r:addresses(.)"/>
      <xsl:apply-templates select="cda:patient/cda:guardian" mode="h:header"/>
    </patient>
  </xsl:template>

  <!-- BR is of birth, CL is used; SP ("nom d'usage" of 2022.01) is taken as the name used where there is no CL. -->
  <xsl:template match="cda:patient/cda:name" mode="h:header" as="element(o:name)">
    <xsl:variable name="used" as="element()*" select="r:filled(cda:family[@qualifier = 'CL']), r:filled(cda:family[@qualifier = 'SP'])"/>
    <xsl:variable name="birth" as="element()*" select="r:filled(cda:family[@qualifier = 'BR']), r:filled(cda:family[not(@qualifier)])"/>
    <xsl:variable name="givens" as="element()*" select="r:filled(cda:given[not(@qualifier)])"/>
    <name x:from="{@x:n}">
      <xsl:for-each select="$birth[1]"><birth-family><xsl:sequence select="r:text(.)"/></birth-family></xsl:for-each>
      <xsl:if test="$givens"><birth-givens><xsl:sequence select="r:joined($givens)"/></birth-givens></xsl:if>
      <xsl:for-each select="r:filled(cda:given[@qualifier = 'BR'])[1]"><birth-given><xsl:sequence select="r:text(.)"/></birth-given></xsl:for-each>
      <xsl:for-each select="$used[1]"><used-family><xsl:sequence select="r:text(.)"/></used-family></xsl:for-each>
      <xsl:for-each select="r:filled(cda:given[@qualifier = 'CL'])[1]"><used-given><xsl:sequence select="r:text(.)"/></used-given></xsl:for-each>
      <xsl:for-each select="r:filled(cda:prefix)[1]"><prefix><xsl:sequence select="r:text(.)"/></prefix></xsl:for-each>
      <xsl:for-each select="r:filled(cda:suffix)[1]"><suffix><xsl:sequence select="r:text(.)"/></suffix></xsl:for-each>
      <xsl:sequence select="$used[1][@qualifier = 'SP'] ! r:issue('IMGDA-1275', .)"/>
    </name>
  </xsl:template>

  <xsl:template match="cda:guardian" mode="h:header" as="element(o:guardian)">
    <guardian x:from="{@x:n}">
      <xsl:sequence select="r:names(cda:guardianPerson)"/>
      <xsl:for-each select="cda:guardianOrganization"><organization><xsl:apply-templates select="." mode="h:parts"/></organization></xsl:for-each>
      <xsl:sequence select="r:telecoms(.), r:addresses(.)"/>
      <xsl:for-each select="cda:id[@root]"><id><xsl:sequence select="r:ii(.)"/></id></xsl:for-each>
    </guardian>
  </xsl:template>

  <!-- people and structures -->

  <xsl:template mode="h:parts" as="node()*"
      match="cda:assignedAuthor | cda:assignedEntity | cda:intendedRecipient | cda:associatedEntity">
    <xsl:sequence select="r:from(.)"/>
    <xsl:for-each select="cda:id[@root]"><id><xsl:sequence select="r:ii(.)"/></id></xsl:for-each>
    <xsl:for-each select="cda:code[@code]"><speciality><xsl:sequence select="r:cd(.)"/></speciality></xsl:for-each>
    <xsl:sequence select="r:names((cda:assignedPerson, cda:informationRecipient, cda:associatedPerson)[1])"/>
    <xsl:sequence select="r:telecoms(.), r:addresses(.)"/>
    <xsl:for-each select="(cda:representedOrganization, cda:receivedOrganization, cda:scopingOrganization)[1][cda:*/(@root, @value, @code) or normalize-space()]">
      <organization><xsl:apply-templates select="." mode="h:parts"/></organization>
    </xsl:for-each>
  </xsl:template>

  <xsl:template mode="h:parts" as="node()*" match="cda:representedOrganization | cda:receivedOrganization
      | cda:scopingOrganization | cda:guardianOrganization | cda:representedCustodianOrganization">
    <xsl:sequence select="r:from(.)"/>
    <xsl:for-each select="cda:id[@root][1]"><id><xsl:sequence select="r:ii(.)"/></id></xsl:for-each>
    <xsl:for-each select="r:filled(cda:name)[1]"><name><xsl:sequence select="r:text(.)"/></name></xsl:for-each>
    <xsl:sequence select="r:telecoms(.), r:addresses(.)"/>
    <xsl:for-each select="cda:standardIndustryClassCode[@code]">
      <practice-setting><xsl:sequence select="r:cd(.)"/></practice-setting>
    </xsl:for-each>
  </xsl:template>

  <xsl:template match="cda:functionCode" mode="h:parts" as="element(o:function)">
    <function><xsl:sequence select="r:cd(.), r:inline(.)"/></function>
  </xsl:template>

  <xsl:template match="cda:author" mode="h:header" as="element(o:author)">
    <author x:from="{@x:n}">
      <professional><xsl:apply-templates select="cda:assignedAuthor[1]" mode="h:parts"/></professional>
      <xsl:for-each select="r:dated(cda:time)"><time><xsl:sequence select="r:moment(.)"/></time></xsl:for-each>
      <xsl:apply-templates select="cda:functionCode[@code]" mode="h:parts"/>
      <xsl:for-each select="cda:assignedAuthor[1]/cda:assignedAuthoringDevice">
        <device x:from="{@x:n}">
          <xsl:for-each select="r:filled(cda:manufacturerModelName)"><model><xsl:sequence select="r:text(.)"/></model></xsl:for-each>
          <xsl:for-each select="r:filled(cda:softwareName)"><software><xsl:sequence select="r:text(.)"/></software></xsl:for-each>
        </device>
      </xsl:for-each>
    </author>
  </xsl:template>

  <xsl:template match="cda:dataEnterer" mode="h:header" as="element(o:data-enterer)">
    <data-enterer><xsl:call-template name="h:signed"/></data-enterer>
  </xsl:template>

  <xsl:template match="cda:legalAuthenticator" mode="h:header" as="element(o:legal-authenticator)">
    <legal-authenticator><xsl:call-template name="h:signed"/></legal-authenticator>
  </xsl:template>

  <xsl:template match="cda:authenticator" mode="h:header" as="element(o:authenticator)">
    <authenticator><xsl:call-template name="h:signed"/></authenticator>
  </xsl:template>

  <!-- Who, and when. -->
  <xsl:template name="h:signed" as="node()*">
    <xsl:context-item as="element()" use="required"/>
    <xsl:sequence select="r:from(.)"/>
    <professional><xsl:apply-templates select="cda:assignedEntity[1]" mode="h:parts"/></professional>
    <xsl:for-each select="r:dated(cda:time)"><time><xsl:sequence select="r:moment(.)"/></time></xsl:for-each>
  </xsl:template>

  <xsl:template match="cda:informant" mode="h:header" as="element()+">
    <xsl:for-each select="cda:relatedEntity">
      <contact x:from="{@x:n}">
        <role><xsl:sequence select="r:from(.)"/>{@classCode}</role>
        <xsl:sequence select="r:names(cda:relatedPerson)"/>
        <xsl:for-each select="cda:code[@code]"><relation><xsl:sequence select="r:cd(.), r:inline(.)"/></relation></xsl:for-each>
        <xsl:sequence select="r:telecoms(.), r:addresses(.)"/>
      </contact>
    </xsl:for-each>
    <xsl:for-each select="cda:assignedEntity"><informant><xsl:apply-templates select="." mode="h:parts"/></informant></xsl:for-each>
  </xsl:template>

  <xsl:template match="cda:representedCustodianOrganization" mode="h:header" as="element(o:custodian)">
    <custodian><xsl:apply-templates select="." mode="h:parts"/></custodian>
  </xsl:template>

  <xsl:template match="cda:informationRecipient" mode="h:header" as="element(o:recipient)">
    <recipient x:from="{@x:n}">
      <professional><xsl:apply-templates select="cda:intendedRecipient[1]" mode="h:parts"/></professional>
      <copy><xsl:sequence select="r:took(@typeCode)"/>{@typeCode = 'TRC'}</copy>
    </recipient>
  </xsl:template>

  <xsl:template match="cda:participant" mode="h:header" as="element(o:participant)">
    <participant x:from="{@x:n}">
      <professional><xsl:apply-templates select="cda:associatedEntity[1]" mode="h:parts"/></professional>
      <type><xsl:sequence select="r:from(.)"/>{@typeCode}</type>
      <xsl:apply-templates select="cda:functionCode[@code]" mode="h:parts"/>
      <role-class><xsl:sequence select="r:from(cda:associatedEntity[1])"/>{cda:associatedEntity[1]/@classCode}</role-class>
      <xsl:for-each select="r:dated(cda:time)"><time><xsl:sequence select="r:period(.)"/></time></xsl:for-each>
    </participant>
  </xsl:template>

  <!-- events and context of care -->

  <xsl:template match="cda:serviceEvent" mode="h:header" as="element(o:request)">
    <request x:from="{@x:n}" x:took="{cda:code[@code = '55115-0'] ! h:coded(.)}">
      <xsl:for-each select="cda:effectiveTime"><period><xsl:sequence select="r:period(.)"/></period></xsl:for-each>
      <xsl:for-each select="cda:performer[1]/cda:assignedEntity"><performer><xsl:apply-templates select="." mode="h:parts"/></performer></xsl:for-each>
      <xsl:for-each select="cda:id[@root]"><id><xsl:sequence select="r:ii(.)"/></id></xsl:for-each>
    </request>
  </xsl:template>

  <xsl:template match="cda:encompassingEncounter" mode="h:header" as="element(o:encounter)">
    <encounter x:from="{@x:n}">
      <xsl:for-each select="cda:location/cda:healthCareFacility">
        <facility x:from="{@x:n}">
          <xsl:for-each select="cda:code[@code]"><type><xsl:sequence select="r:cd(.)"/></type></xsl:for-each>
          <xsl:for-each select="cda:id[@root]"><id><xsl:sequence select="r:ii(.)"/></id></xsl:for-each>
          <xsl:for-each select="r:filled(cda:location/cda:name)[1]"><name><xsl:sequence select="r:text(.)"/></name></xsl:for-each>
          <xsl:sequence select="cda:location/r:addresses(.)"/>
        </facility>
      </xsl:for-each>
      <xsl:for-each select="cda:id[@root]"><id><xsl:sequence select="r:ii(.)"/></id></xsl:for-each>
      <xsl:for-each select="cda:code[@code]"><type><xsl:sequence select="r:cd(.)"/></type></xsl:for-each>
      <xsl:for-each select="r:dated(cda:effectiveTime)"><period><xsl:sequence select="r:period(.)"/></period></xsl:for-each>
      <xsl:for-each select="cda:responsibleParty/cda:assignedEntity"><responsible><xsl:apply-templates select="." mode="h:parts"/></responsible></xsl:for-each>
      <xsl:for-each select="cda:encounterParticipant[cda:assignedEntity]">
        <participant x:from="{@x:n}">
          <type><xsl:sequence select="r:from(.)"/>{@typeCode}</type>
          <professional><xsl:apply-templates select="cda:assignedEntity[1]" mode="h:parts"/></professional>
          <xsl:for-each select="r:dated(cda:time)"><time><xsl:sequence select="r:period(.)"/></time></xsl:for-each>
        </participant>
      </xsl:for-each>
    </encounter>
  </xsl:template>
</xsl:package>
