<?xml version="1.0" encoding="UTF-8"?>
<!-- Rules of the header: identity of the document, patient, people, structures, acts, context of care.
     Source: CI-SIS, Structuration minimale; IMG-DA-IMG 2024.01, section 3.4.1. -->
<xsl:transform version="3.0" xmlns:c="urn:x-bridge:checks" xmlns:cda="urn:hl7-org:v3"
    xmlns:map="http://www.w3.org/2005/xpath-functions/map" xmlns:xs="http://www.w3.org/2001/XMLSchema" xmlns:xsl="http://www.w3.org/1999/XSL/Transform" exclude-result-prefixes="#all">

  <!-- document -->

  <xsl:template match="cda:ClinicalDocument" mode="c:check" as="element(finding)*">
    <xsl:variable name="volet" as="xs:string" select="'1.2.250.1.213.1.1.1.47'"/>
    <xsl:variable name="document" as="element()" select="."/>
    <xsl:sequence select="
        ('2.16.840.1.113883.2.8.2.1', '1.2.250.1.213.1.1.1.1', '1.2.840.10008.9.20', $volet)[not(. = $document/cda:templateId/@root)]
          ! c:finding('1441', $document, map {'root': .}),
        cda:templateId[@root = $volet][not(@extension = c:model())] ! c:finding('1442', ., map {'expected': c:model()}),
        cda:code ! c:fixed(., '55115-0', $loinc, 'Demande d''actes d''imagerie'),
        c:acts(.), c:versions(.), c:times(.), c:people(.), c:identifiers(.), c:system-names(.), c:references(.)"/>
  </xsl:template>

  <xsl:template match="cda:confidentialityCode[parent::cda:ClinicalDocument]" mode="c:check" as="element(finding)*">
    <xsl:variable name="labels" as="map(xs:string, xs:string)" select="map {'L': 'Bas', 'M': 'Modéré', 'N': 'Normal',
        'R': 'Restreint', 'U': 'Non restreint', 'V': 'Très restreint'}"/>
    <xsl:variable name="english" as="map(xs:string, xs:string)" select="map {'L': 'low', 'M': 'moderate', 'N': 'normal',
        'R': 'restricted', 'U': 'unrestricted', 'V': 'very restricted'}"/>
    <xsl:sequence select="
        if (not(@codeSystem = '2.16.840.1.113883.5.25')) then c:finding('1509', ., map {'expected': '2.16.840.1.113883.5.25'})
        else if (@code ! ($labels(.), $english(.)) ! c:alike(., string(current()/@displayName)) = true()) then ()
        else @code ! $labels(.) ! c:finding('1504', current(), map {'expected': .})"/>
  </xsl:template>

  <!-- The request comes first and is the only one; at most one screening and one emergency (B17). -->
  <xsl:function name="c:acts" as="element(finding)*">
    <xsl:param name="document" as="element()"/>
    <xsl:variable name="events" as="element()*" select="$document/cda:documentationOf/cda:serviceEvent"/>
    <xsl:variable name="requests" as="element()*" select="$events[cda:code/@code = '55115-0']"/>
    <xsl:variable name="first" as="element()?" select="$document/cda:documentationOf[1]/cda:serviceEvent[1]"/>
    <xsl:sequence select="
        if (count($requests) ne 1) then c:finding('1462', $document) else (),
        $requests[1][not(. is $first)] ! c:finding('1461', .),
        $first[count(cda:performer) ne 1] ! c:finding('1463', ., map {'element': 'performer'}),
        $first[not(cda:effectiveTime)] ! c:finding('1463', ., map {'element': 'effectiveTime'}),
        $requests[1][not(cda:id[@root and @extension])] ! c:finding('1464', .),
        $events[cda:code/@code = 'Z13.9'][2] ! c:finding('1465', .),
        $events[cda:code/@code = 'MED-1095'][2] ! c:finding('1466', .)"/>
  </xsl:function>

  <xsl:template match="cda:serviceEvent" mode="c:check" as="element(finding)*">
    <xsl:sequence select="
        if (cda:code/@code = '55115-0') then c:fixed(cda:code, '55115-0', $loinc, 'Demande d''actes d''imagerie')
        else if (cda:code/@code = 'Z13.9')
          then c:fixed(cda:code, 'Z13.9', '2.16.840.1.113883.6.3', 'Examen spécial de dépistage, sans précision')
        else if (cda:code/@code = 'MED-1095')
          then (c:fixed(cda:code, 'MED-1095', $ta, 'Exécution en urgence'), cda:code ! c:reason(.))
        else c:finding('1469', (cda:code, .)[1]),
        cda:performer[2] ! c:finding('1404', ., map {'element': 'performer', 'parent': 'serviceEvent'}),
        cda:effectiveTime[c:moment(cda:low/@value) gt c:moment(cda:high/@value)] ! c:finding('1473', .)"/>
  </xsl:template>

  <!-- B9 -->
  <xsl:function name="c:reason" as="element(finding)?">
    <xsl:param name="code" as="element()"/>
    <xsl:variable name="reason" as="xs:string" select="normalize-space(string-join($code/cda:originalText))"/>
    <xsl:sequence select="
        if ($reason = '' and not($code/cda:originalText/cda:reference)) then c:finding('1467', $code)
        else if (matches($reason, '^[:;,.\-]')) then c:finding('1468', $code/cda:originalText[1])
        else ()"/>
  </xsl:function>

  <xsl:function name="c:versions" as="element(finding)*">
    <xsl:param name="document" as="element()"/>
    <xsl:variable name="replaced" as="element()?" select="($document/cda:relatedDocument[@typeCode = 'RPLC']/cda:parentDocument)[1]"/>
    <xsl:sequence select="
        $document/cda:relatedDocument[2] ! c:finding('1404', ., map {'element': 'relatedDocument', 'parent': 'ClinicalDocument'}),
        $replaced[$document/cda:versionNumber/@value = '1'] ! c:finding('1470', .),
        $replaced[cda:id[1][@root = $document/cda:id[1]/@root][string(@extension) = string($document/cda:id[1]/@extension)]]
          ! c:finding('1471', .)"/>
  </xsl:function>

  <!-- The request is made before its document, and the patient is born before both. -->
  <xsl:function name="c:times" as="element(finding)*">
    <xsl:param name="document" as="element()"/>
    <xsl:variable name="made" as="xs:dateTime?" select="c:made($document)"/>
    <xsl:variable name="birth" as="element()?" select="($document/cda:recordTarget/cda:patientRole/cda:patient/cda:birthTime)[1]"/>
    <xsl:sequence select="
        $document/(cda:author | cda:dataEnterer)/cda:time[c:moment(@value) gt $made] ! c:finding('1474', .),
        $document/cda:author/cda:time[c:moment(@value) lt $made - xs:dayTimeDuration('P366D')] ! c:finding('1475', .),
        $document/(cda:legalAuthenticator | cda:authenticator | cda:dataEnterer)/cda:time
          [abs((c:moment(@value) - $made) div xs:dayTimeDuration('P1D')) gt 366] ! c:finding('1475', .),
        $birth[substring(@value, 1, 8) gt substring($document/cda:effectiveTime[1]/@value, 1, 8)] ! c:finding('1476', .),
        $birth[c:moment(@value) lt $made - xs:yearMonthDuration('P130Y')] ! c:finding('1484', .)"/>
  </xsl:function>

  <!-- patient -->

  <xsl:template match="cda:patientRole" mode="c:check" as="element(finding)*">
    <xsl:variable name="role" as="element()" select="."/>
    <xsl:variable name="roots" as="xs:string+" select="('8', '9', '10', '11') ! ('1.2.250.1.213.1.4.' || .)"/>
    <xsl:for-each select="cda:id[@root = $roots][1]">
      <xsl:variable name="name" as="element()?" select="($role/cda:patient/cda:name)[1]"/>
      <xsl:sequence select="(
          'family BR'[not($name/cda:family/@qualifier = 'BR')],
          c:missing-forenames($name),
          'birthTime'[not($role/cda:patient/cda:birthTime/@value)],
          'birthplace/place/addr/county'[not($role/cda:patient/cda:birthplace/cda:place/cda:addr/cda:county)],
          'administrativeGenderCode'[not($role/cda:patient/cda:administrativeGenderCode/@code)])
          ! c:finding('1446', $role, map {'trait': .})"/>
    </xsl:for-each>
    <xsl:sequence select="cda:id[@root = $roots][@extension][not(c:is-ins(@extension))] ! c:finding('1447', .),
        cda:id[starts-with(@root, '1.2.250.1.213.1.4.')][not(@root = ($roots, '1.2.250.1.213.1.4.2'))] ! c:finding('1448', .)"/>
  </xsl:template>

  <!-- The forenames of a qualified identity that a name lacks. -->
  <xsl:function name="c:missing-forenames" as="xs:string*">
    <xsl:param name="name" as="element(cda:name)?"/>
    <xsl:sequence select="
        'given BR'[not($name/cda:given/@qualifier = 'BR')],
        'given'[not($name/cda:given[not(@qualifier)])]"/>
  </xsl:function>

  <xsl:template match="cda:patient/cda:name" mode="c:check" as="element(finding)*">
    <xsl:sequence select="
        cda:family[not(@qualifier = c:name-qualifiers())] ! c:finding('1449', .),
        cda:given[@qualifier][not(@qualifier = c:name-qualifiers())] ! c:finding('1449', .),
        c:repeated-names(.),
        c:affixes(., 'warning')"/>
  </xsl:template>

  <!-- BR is of birth, CL is used. -->
  <xsl:function name="c:name-qualifiers" as="xs:string+">
    <xsl:sequence select="'BR', 'CL'"/>
  </xsl:function>

  <!-- A name of the patient has one family name and one forename of each kind. -->
  <xsl:function name="c:repeated-names" as="element(finding)*">
    <xsl:param name="name" as="element(cda:name)"/>
    <xsl:sequence select="
        for $part in ('family', 'given'), $qualifier in ('BR', 'CL', '')
        return $name/*[local-name() = $part][string(@qualifier) = $qualifier][2] ! c:finding('1450', .)"/>
  </xsl:function>

  <xsl:template match="cda:administrativeGenderCode" mode="c:check" as="element(finding)*">
    <xsl:sequence select="c:coded(., 'gender')"/>
  </xsl:template>

  <!-- people and structures -->

  <!-- Civilité and titre: texts of two value sets. -->
  <xsl:function name="c:affixes" as="element(finding)*">
    <xsl:param name="name" as="element()"/>
    <xsl:param name="severity" as="xs:string"/>
    <xsl:sequence select="
        $name/cda:prefix[not(. = ('M', 'MME'))] ! c:finding('1451', ., map {'set': 'civility', 'severity': $severity}),
        $name/cda:suffix[not(. = ('DR', 'MC', 'MG', 'PC', 'PG', 'PR'))]
          ! c:finding('1451', ., map {'set': 'title', 'severity': $severity})"/>
  </xsl:function>

  <xsl:template match="cda:guardianPerson/cda:name" mode="c:check" as="element(finding)*">
    <xsl:sequence select="c:affixes(., 'warning')"/>
  </xsl:template>

  <xsl:template mode="c:check" match="cda:assignedPerson/cda:name | cda:relatedPerson/cda:name
      | cda:associatedPerson/cda:name | cda:intendedRecipient/cda:informationRecipient/cda:name" as="element(finding)*">
    <xsl:sequence select="c:affixes(., if (ancestor::cda:structuredBody or ancestor::cda:dataEnterer) then 'warning' else 'error')"/>
  </xsl:template>

  <xsl:template match="cda:author[parent::cda:ClinicalDocument]" mode="c:check" as="element(finding)*">
    <xsl:sequence select="
        c:coded(cda:functionCode, 'function-code'),
        cda:assignedAuthor[not(cda:assignedPerson or cda:assignedAuthoringDevice)] ! c:finding('1457', ., map {'element': 'assignedPerson'}),
        cda:assignedAuthor[not(cda:assignedAuthoringDevice)][not(cda:code)] ! c:finding('1457', ., map {'element': 'code'}),
        cda:assignedAuthor/cda:representedOrganization ! c:author-organization(.),
        cda:assignedAuthor[not(cda:assignedAuthoringDevice)][not(cda:representedOrganization)] ! c:finding('1457', ., map {'element': 'representedOrganization'}),
        c:coded(cda:assignedAuthor/cda:code, 'author-speciality')"/>
  </xsl:template>

  <!-- What the structure of an author must have beyond what any structure has: nothing. -->
  <xsl:function name="c:author-organization" as="element(finding)?">
    <xsl:param name="organization" as="element(cda:representedOrganization)"/>
    <xsl:sequence select="()"/>
  </xsl:function>

  <xsl:template match="cda:legalAuthenticator" mode="c:check" as="element(finding)*">
    <xsl:sequence select="
        cda:assignedEntity[not(cda:assignedPerson)] ! c:unnamed-signatory(.),
        cda:assignedEntity[not(cda:code)] ! c:finding('1457', ., map {'element': 'code'}),
        c:coded(cda:assignedEntity/cda:code, 'author-speciality')"/>
  </xsl:template>

  <xsl:function name="c:unnamed-signatory" as="element(finding)">
    <xsl:param name="entity" as="element(cda:assignedEntity)"/>
    <xsl:sequence select="c:finding('1457', $entity, map {'element': 'assignedPerson'})"/>
  </xsl:function>

  <xsl:template match="cda:authenticator | cda:responsibleParty | cda:encounterParticipant" mode="c:check" as="element(finding)*">
    <xsl:sequence select="
        cda:assignedEntity/cda:id[not(@root = $professionals)] ! c:finding('1456', ., map {'expected': $professionals}),
        if (self::cda:encounterParticipant) then c:known(cda:assignedEntity/cda:code, 'author-speciality')
        else c:bound-before(cda:assignedEntity/cda:code, 'author-speciality')"/>
  </xsl:template>

  <xsl:template match="cda:dataEnterer/cda:assignedEntity | cda:informant/cda:assignedEntity" mode="c:check" as="element(finding)*">
    <xsl:sequence select="c:known(cda:code, 'author-speciality')"/>
  </xsl:template>

  <xsl:template match="cda:serviceEvent/cda:performer" mode="c:check" as="element(finding)*">
    <xsl:sequence select="c:coded(cda:assignedEntity/cda:code, 'author-speciality'),
        c:known(cda:functionCode, 'function-code')"/>
  </xsl:template>

  <xsl:template match="cda:participant[parent::cda:ClinicalDocument]" mode="c:check" as="element(finding)*">
    <xsl:sequence select="
        c:coded(cda:functionCode, 'function-code'),
        c:coded(cda:associatedEntity/cda:code, 'author-speciality')"/>
  </xsl:template>

  <xsl:template match="cda:relatedEntity" mode="c:check" as="element(finding)*">
    <xsl:sequence select="c:coded(cda:code, 'relation')"/>
  </xsl:template>

  <xsl:template match="cda:intendedRecipient" mode="c:check" as="element(finding)*">
    <xsl:sequence select="cda:id[not(@root = $professionals)] ! c:finding('1456', ., map {'expected': $professionals})"/>
  </xsl:template>

  <xsl:template match="cda:representedCustodianOrganization" mode="c:check" as="element(finding)*">
    <xsl:sequence select="
        cda:id[not(@root = ($structures, '1.2.250.1.213.4.1'))] ! c:finding('1455', ., map {'expected': $structures}),
        cda:id[@root = $structures][not(@extension)] ! c:finding('1409', ., map {'attribute': 'extension', 'element': 'id'}),
        .[not(cda:name)] ! c:finding('1457', ., map {'element': 'name'})"/>
  </xsl:template>

  <xsl:template mode="c:check"
      match="cda:representedOrganization | cda:receivedOrganization | cda:scopingOrganization | cda:guardianOrganization" as="element(finding)*">
    <xsl:variable name="any" as="xs:boolean" select="exists(self::cda:scopingOrganization | ancestor::cda:performer)"/>
    <xsl:sequence select="
        cda:id[not($any)][not(@root = $structures)][not(@nullFlavor)] ! c:finding('1455', ., map {'expected': $structures}),
        cda:standardIndustryClassCode ! (if (parent::cda:scopingOrganization) then c:bound-before(., 'practice-setting')
          else c:coded(., 'practice-setting'))"/>
  </xsl:template>

  <xsl:template match="cda:id[@root = $professionals][@extension]" mode="c:check" as="element(finding)*">
    <xsl:sequence select=".[not(c:is-professional(@extension))] ! c:finding('1453', .)"/>
  </xsl:template>

  <xsl:template match="cda:id[@root = $structures][@extension]" mode="c:check" as="element(finding)*">
    <xsl:sequence select=".[not(c:is-structure(@extension))] ! c:finding('1454', .)"/>
  </xsl:template>

  <!-- Free lines or named parts, not both, and no more than seven lines. -->
  <xsl:template match="cda:addr" mode="c:check" as="element(finding)*">
    <xsl:sequence select="
        if (cda:streetAddressLine and *[not(self::cda:streetAddressLine)] or cda:streetAddressLine[8]) then c:finding('1460', .)
        else if (text()[normalize-space()]) then c:finding('1460', ., map {'severity': 'warning'})
        else if (not(* or @nullFlavor)) then c:finding('1407', ., map {'element': 'addr'})
        else ()"/>
  </xsl:template>

  <!-- A time says when, or that nobody knows. -->
  <xsl:template match="cda:effectiveTime[not(@value or @nullFlavor or *)] | cda:time[not(@value or @nullFlavor or *)]" mode="c:check" as="element(finding)*">
    <xsl:sequence select="c:finding('1407', ., map {'element': local-name()})"/>
  </xsl:template>

  <!-- One number is one person, one person has one number, one structure has one number. -->
  <xsl:function name="c:people" as="element(finding)*">
    <xsl:param name="document" as="element()"/>
    <xsl:variable name="people" as="element()*" select="$document//cda:family/ancestor::*[cda:id][1][cda:id/@root = $professionals]"/>
    <xsl:for-each-group select="$people" group-by="cda:id[@root = $professionals][1]/@extension">
      <xsl:variable name="name" as="xs:string" select="string((.//cda:family)[1])"/>
      <xsl:sequence select="current-group()[not(c:alike((.//cda:family)[1], $name))][1] ! c:finding('1477', .)"/>
    </xsl:for-each-group>
    <xsl:sequence select="
        c:one-number($people, function($person) { string-join(($person//cda:name)[1]/(cda:family, cda:given), ' ') }, $professionals, '1478'),
        c:one-number($document//*[cda:name[not(*)]][cda:id[@root = $structures][@extension]],
            function($structure) { string($structure/cda:name[1]) }, $structures, '1479')"/>
  </xsl:function>

  <!-- Among those of one name, the first whose number is not that of the others. -->
  <xsl:function name="c:one-number" as="element(finding)*">
    <xsl:param name="all" as="element()*"/>
    <xsl:param name="name" as="function(element()) as xs:string"/>
    <xsl:param name="root" as="xs:string"/>
    <xsl:param name="code" as="xs:string"/>
    <xsl:variable name="bare-names" as="map(xs:string, xs:string)"
        select="map:merge(distinct-values($all ! $name(.)) ! map:entry(., $bare(.)))"/>
    <xsl:for-each-group select="$all" group-by="$bare-names($name(.))">
      <xsl:variable name="number" as="xs:string" select="string(cda:id[@root = $root][1]/@extension)"/>
      <xsl:sequence select="current-group()[cda:id[@root = $root][1]/@extension ne $number][1] ! c:finding($code, .)"/>
    </xsl:for-each-group>
  </xsl:function>

  <!-- context of care -->

  <xsl:template match="cda:encompassingEncounter" mode="c:check" as="element(finding)*">
    <xsl:sequence select="
        if (cda:code) then c:coded(cda:code, 'encounter-type') else c:finding('1457', ., map {'element': 'code'}),
        cda:effectiveTime[c:moment(cda:low/@value) ge c:moment(cda:high/@value)] ! c:finding('1472', .),
        cda:dischargeDispositionCode[not(@codeSystem = '1.2.250.1.213.2.14')]
          ! c:finding('1509', ., map {'expected': '1.2.250.1.213.2.14'})"/>
  </xsl:template>

  <xsl:template match="cda:healthCareFacility" mode="c:check" as="element(finding)*">
    <xsl:sequence select="c:coded(cda:code, 'facility-type')"/>
  </xsl:template>

  <!-- everywhere -->

  <xsl:function name="c:system-names" as="element(finding)*">
    <xsl:param name="document" as="element()"/>
    <xsl:sequence select="$document//*[@codeSystemName][(@codeSystem ! $system-names(.)) ne @codeSystemName]
        ! c:finding('1506', ., map {'expected': $system-names(@codeSystem)}),
        $document//*[@codeSystemName or @codeSystemVersion][not(@codeSystem)] ! c:finding('1409', ., map {'attribute': 'codeSystem', 'element': local-name()})"/>
  </xsl:function>

  <!-- Every identifier of the body is of its own. -->
  <xsl:function name="c:identifiers" as="element(finding)*">
    <xsl:param name="document" as="element()"/>
    <xsl:for-each-group select="$document/cda:component/cda:structuredBody//cda:id[@root][not(@extension)]" group-by="@root">
      <xsl:sequence select="tail(current-group()) ! c:finding('1603', .)"/>
    </xsl:for-each-group>
  </xsl:function>
</xsl:transform>
