<?xml version="1.0" encoding="UTF-8"?>
<!-- Rules of the sections and of their entries, but for the requested acts. A section or entry is known by its code or by any of
     its templates, so that one wrong of them leaves the others to be checked.
     Source: IMG-DA-IMG 2024.01, section 3.4.2; FR-DICOM-Observation, FR-Simple-Observation, FR-Document-attache. -->
<xsl:transform version="3.0" xmlns:c="urn:x-bridge:checks" xmlns:cda="urn:hl7-org:v3"
    xmlns:map="http://www.w3.org/2005/xpath-functions/map" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"
    xmlns:xs="http://www.w3.org/2001/XMLSchema" xmlns:xsl="http://www.w3.org/1999/XSL/Transform" exclude-result-prefixes="#all">

  <xsl:variable name="sections" as="map(xs:string, map(xs:string, item()+))" static="yes" select="map {
      'clinical': map {'parent': 'structuredBody', 'place': 1, 'code': '55752-0', 'label': 'Informations cliniques',
          'title': 'Informations cliniques', 'templates': ('1.2.840.10008.9.2', '1.2.250.1.213.1.1.2.205')},
      'request': map {'parent': 'section', 'place': 1, 'code': '55115-0', 'label': 'Demande',
          'title': 'Justification de la demande d''examen / Finalité de l''examen',
          'templates': ('1.2.840.10008.9.7', '1.2.250.1.213.1.1.2.211')},
      'history': map {'parent': 'section', 'place': 2, 'code': '11329-0', 'label': 'Historique médical',
          'title': 'Antécédents médicaux / Antécédents chirurgicaux / Contre-indications / Informations pour la prise en charge',
          'templates': ('2.16.840.1.113883.10.20.22.2.39', '1.2.250.1.213.1.1.2.213')},
      'education': map {'parent': 'structuredBody', 'place': 2, 'code': '34895-3', 'label': 'Education du patient',
          'title': 'Information du patient',
          'templates': ('1.3.6.1.4.1.19376.1.5.3.1.1.9.38', '1.3.6.1.4.1.19376.1.5.3.1.1.9.39', '1.2.250.1.213.1.1.2.107')},
      'plan': map {'parent': 'structuredBody', 'place': 3, 'code': '18776-5', 'label': 'Plan de soins',
          'title': 'Acte(s) d''imagerie demandé(s)',
          'templates': ('2.16.840.1.113883.10.20.1.10', '1.3.6.1.4.1.19376.1.5.3.1.3.36', '1.2.250.1.213.1.1.2.158',
              '1.2.250.1.213.1.1.2.158.3')},
      'results': map {'parent': 'structuredBody', 'place': 4, 'code': '30954-2', 'label': 'Résultats d''examens',
          'title': 'Résultats d''examens antérieurs', 'templates': ('1.3.6.1.4.1.19376.1.5.3.1.3.27', '1.2.250.1.213.1.1.2.150')},
      'documents': map {'parent': 'structuredBody', 'place': 5, 'code': '55107-7', 'label': 'Documents ajoutés',
          'title': 'Documents liés', 'templates': ('1.2.250.1.213.1.1.2.37')}}"/>

  <!-- The kind of a section by its parent and code, and by each of its templates. -->
  <xsl:variable name="kinds" as="map(xs:string, xs:string)" static="yes" select="
      map:merge(for $kind in map:keys($sections), $model in $sections($kind)
        return ($model?parent || ' ' || $model?code, $model?templates) ! map:entry(., $kind))"/>

  <!-- The kind of a section, or nothing. -->
  <xsl:function name="c:kind" as="xs:string?">
    <xsl:param name="section" as="element(cda:section)"/>
    <xsl:sequence select="($section/cda:code/@code ! $kinds(local-name($section/../..) || ' ' || .),
        $section/cda:templateId/@root ! $kinds(.))[1]"/>
  </xsl:function>

  <!-- Sections that must be there once, those that may, and their order. -->
  <xsl:function name="c:sections" as="element(finding)*">
    <xsl:param name="parent" as="element()"/>
    <xsl:param name="needed" as="xs:string+"/>
    <xsl:param name="allowed" as="xs:string*"/>
    <xsl:variable name="found" as="element(cda:section)*" select="$parent/cda:component/cda:section"/>
    <xsl:variable name="kinds" as="xs:string*" select="$found ! (c:kind(.), '')[1]"/>
    <xsl:sequence select="
        $needed[not(. = $kinds)] ! c:finding('1521', $parent, map {'section': $sections(.)?title, 'code': $sections(.)?code}),
        for $kind in ($needed, $allowed)
          return $found[position() = index-of($kinds, $kind)[2]] ! c:finding('1522', ., map {'section': $sections($kind)?title}),
        $found[not((c:kind(.), '')[1] = ($needed, $allowed))] ! c:finding('1523', .),
        let $places := $kinds[. ne ''] ! $sections(.)?place
          return if (deep-equal($places, sort($places))) then () else c:finding('1529', $parent)"/>
  </xsl:function>

  <xsl:template match="cda:structuredBody" mode="c:check" as="element(finding)*">
    <xsl:sequence select="c:sections(., ('clinical', 'education', 'plan'), ('results', 'documents'))"/>
  </xsl:template>

  <xsl:template match="cda:section" mode="c:check" as="element(finding)*">
    <xsl:variable name="section" as="element()" select="."/>
    <xsl:variable name="kind" as="xs:string?" select="c:kind(.)"/>
    <xsl:if test="exists($kind)">
      <xsl:variable name="model" as="map(xs:string, item()+)" select="$sections($kind)"/>
      <xsl:sequence select="
          $model?templates[not(. = $section/cda:templateId/@root)] ! c:finding('1524', $section, map {'root': .}),
          c:fixed(cda:code, $model?code, $loinc, $model?label),
          if (not(cda:title)) then c:finding('1526', ., map {'expected': $model?title})
          else cda:title[not(c:alike(., $model?title))] ! c:finding('1525', ., map {'expected': $model?title}),
          if (cda:id) then ()
          else c:finding('1528', ., map {'severity': if ($kind = ('request', 'history')) then 'error' else 'warning'}),
          if (cda:text) then ()
          else c:finding('1527', ., map {'severity': if ($kind = ('clinical', 'request', 'history', 'documents')) then 'error' else 'warning'}),
          c:section($kind, .)"/>
    </xsl:if>
  </xsl:template>

  <!-- What each kind of section demands of its entries. -->
  <xsl:function name="c:section" as="element(finding)*">
    <xsl:param name="kind" as="xs:string"/>
    <xsl:param name="section" as="element()"/>
    <xsl:variable name="codes" as="xs:string*" select="$section/cda:entry/cda:observation/cda:code/@code"/>
    <xsl:choose>
      <xsl:when test="$kind = 'clinical'">
        <xsl:sequence select="c:sections($section, ('request', 'history'), ())"/>
      </xsl:when>
      <xsl:when test="$kind = 'request'"><xsl:sequence select="c:justification($section)"/></xsl:when>
      <xsl:when test="$kind = 'history'">
        <xsl:sequence select="('11348-0', '47519-4') ! (
            if (count(index-of($codes, .)) = 0) then c:finding('1530', $section, map {'code': .})
            else if (count(index-of($codes, .)) gt 1) then c:finding('1531', $section, map {'code': .}) else ())"/>
      </xsl:when>
      <xsl:when test="$kind = 'education'">
        <xsl:sequence select="
            if ('MED-1130' = $codes) then () else c:finding('1530', $section, map {'code': 'MED-1130'}),
            ('MED-1130', '99622-3')[count(index-of($codes, .)) gt 1] ! c:finding('1531', $section, map {'code': .})"/>
      </xsl:when>
      <xsl:when test="$kind = 'plan'"><xsl:sequence select="c:plan($section)"/></xsl:when>
      <xsl:when test="$kind = 'results'">
        <xsl:sequence select="$section/cda:entry[1] ! c:finding('1541', .),
            $section[not(normalize-space(string-join(cda:text)))] ! c:finding('1605', .)"/>
      </xsl:when>
      <xsl:when test="$kind = 'documents'">
        <xsl:sequence select="if ($section/cda:entry/cda:organizer) then () else c:finding('1542', $section)"/>
      </xsl:when>
    </xsl:choose>
  </xsl:function>

  <!-- B11: the justification stands in the narrative alone. -->
  <xsl:function name="c:justification" as="element(finding)*">
    <xsl:param name="section" as="element()"/>
    <xsl:variable name="text" as="element()?" select="$section/cda:text[1]"/>
    <xsl:variable name="said" as="xs:string" select="
        if ($text//cda:table) then string-join(($text//cda:table)[1]//cda:td) else string($text)"/>
    <xsl:variable name="headed" as="xs:boolean" select="
        not($text//cda:table) or contains(lower-case(string-join(($text//cda:table)[1]/cda:thead)), 'justification')"/>
    <xsl:sequence select="
        if (normalize-space($said) = ('', '-') or not($headed)) then c:finding('1562', $section) else (),
        tail($text//cda:table)[normalize-space(string-join(.//cda:td)) = ''] ! c:finding('1605', .)"/>
  </xsl:function>

  <!-- entries -->

  <!-- What every observation of the model has; $templates are those it must carry. -->
  <xsl:function name="c:entry" as="element(finding)*">
    <xsl:param name="entry" as="element()"/>
    <xsl:param name="templates" as="xs:string+"/>
    <xsl:param name="mood" as="xs:string+"/>
    <xsl:param name="status" as="xs:string"/>
    <xsl:sequence select="
        $templates[not(. = $entry/cda:templateId/@root)] ! c:finding('1533', $entry, map {'root': .}),
        $entry[not(@moodCode = $mood)] ! c:finding('1537', ., map {'expected': $mood[1]}),
        if ($entry/cda:statusCode) then $entry/cda:statusCode[not(@code = $status)] ! c:finding('1538', ., map {'expected': $status,
            'severity': if ($templates = '1.3.6.1.4.1.19376.1.5.3.1.4.13') then 'error' else 'warning'})
          else c:finding('1535', $entry, map {'element': 'statusCode'}),
        if ($entry/cda:id) then () else c:finding('1535', $entry, map {'element': 'id'}),
        $entry/cda:effectiveTime[@value and exists($entry/ancestor::cda:section[1][not(c:kind(.) = 'plan')])][c:moment(@value) gt c:made(.)]
          ! c:finding('1641', .),
        $entry/cda:effectiveTime[@value][c:moment(@value) lt c:moment((root($entry)/*/cda:recordTarget/cda:patientRole/cda:patient/cda:birthTime/@value)[1])]
          ! c:finding('1644', .)"/>
  </xsl:function>

  <!-- A negation turns the fact into its contrary: the model has it for the answer to a contre-indication alone. -->
  <xsl:function name="c:affirmed" as="element(finding)?">
    <xsl:param name="entry" as="element()"/>
    <xsl:sequence select="$entry[@negationInd = ('true', '1')] ! c:finding('1540', .)"/>
  </xsl:function>

  <xsl:function name="c:kind-of-entry" as="xs:string">
    <xsl:param name="entry" as="element()"/>
    <xsl:variable name="section" as="xs:string?" select="$entry/ancestor::cda:section[1] ! c:kind(.)"/>
    <xsl:sequence select="
        if ($section = 'history') then 'dicom'
        else if ($section = 'plan' and $entry/parent::cda:entry) then 'act'
        else if ($section = 'education' or $section = 'plan' or $entry/parent::cda:component/parent::cda:organizer) then 'simple'
        else ''"/>
  </xsl:function>

  <xsl:template match="cda:observation" mode="c:check" as="element(finding)*">
    <xsl:variable name="kind" as="xs:string" select="c:kind-of-entry(.)"/>
    <xsl:choose>
      <xsl:when test="$kind = 'dicom'"><xsl:sequence select="c:dicom-observation(.)"/></xsl:when>
      <xsl:when test="$kind = 'act'"><xsl:sequence select="c:act(.)"/></xsl:when>
      <xsl:when test="$kind = 'simple'"><xsl:sequence select="c:simple-observation(.)"/></xsl:when>
    </xsl:choose>
  </xsl:template>

  <xsl:template match="cda:section/cda:entry[not(cda:observation or cda:organizer)]" mode="c:check" as="element(finding)*">
    <xsl:sequence select="c:finding('1532', .)"/>
  </xsl:template>

  <!-- FR-DICOM-Observation: exactly two templates, one id, one code, one statusCode, one value, one targetSiteCode. -->
  <xsl:function name="c:dicom-observation" as="element(finding)*">
    <xsl:param name="entry" as="element()"/>
    <xsl:variable name="templates" as="xs:string+" select="'2.16.840.1.113883.10.20.6.2.13', '1.2.250.1.213.1.1.3.150'"/>
    <xsl:variable name="code" as="xs:string" select="string($entry/cda:code[1]/@code)"/>
    <xsl:sequence select="
        c:entry($entry, $templates, 'EVN', 'completed'),
        $entry/cda:templateId[not(@root = $templates)] ! c:finding('1534', .),
        ('value', 'targetSiteCode')[not(. = $entry/*/local-name())] ! c:finding('1535', $entry, map {'element': .}),
        for $name in ('id', 'value', 'targetSiteCode') return $entry/*[local-name() = $name][2]
          ! c:finding('1404', ., map {'element': $name, 'parent': 'observation'}),
        $entry[not(cda:text/cda:reference)] ! c:finding('1539', ., map {'severity': 'warning', 'element': 'text'}),
        $entry/cda:value[not(@xsi:type = 'CD')] ! c:finding('1536', ., map {'expected': 'CD'}),
        $entry/cda:value[not(@code)][not(cda:originalText/cda:reference)] ! c:finding('1539', ., map {'severity': 'warning', 'element': 'originalText'}),
        $entry/cda:entryRelationship ! c:finding('1545', .),
        if ($code = '11348-0') then (c:fixed($entry/cda:code, '11348-0', $loinc, 'Antécédents médicaux'), c:affirmed($entry), c:told($entry/cda:value))
        else if ($code = '47519-4') then (c:fixed($entry/cda:code, '47519-4', $loinc, 'Antécédents chirurgicaux'), c:affirmed($entry), c:told($entry/cda:value))
        else if ($code = '64100-1') then (c:fixed($entry/cda:code, '64100-1', $loinc, 'Contre-indications'), c:answer($entry/cda:value, 'contraindication'), c:contraindication($entry))
        else if ($code = 'ORG-192') then (c:fixed($entry/cda:code, 'ORG-192', $ta, 'Informations pour la prise en charge'), c:answer($entry/cda:value, 'care-information'), c:affirmed($entry))
        else c:finding('1532', $entry)"/>
  </xsl:function>

  <!-- A value that must be coded in a set, and that the narrative must say. -->
  <xsl:function name="c:answer" as="element(finding)*">
    <xsl:param name="value" as="element()*"/>
    <xsl:param name="set" as="xs:string"/>
    <xsl:sequence select="$value ! (
        if (@nullFlavor) then c:finding('1501', ., map {'set': $set}) else c:coded(., $set),
        c:says(., $set))"/>
  </xsl:function>

  <!-- FR-Simple-Observation: information du patient, évènement, retour par téléphone, fonction étudiée, type de document. -->
  <xsl:function name="c:simple-observation" as="element(finding)*">
    <xsl:param name="entry" as="element()"/>
    <xsl:variable name="code" as="xs:string" select="string($entry/cda:code[1]/@code)"/>
    <xsl:variable name="special" as="xs:string?" select="
        if ($entry/parent::cda:component) then '1.2.250.1.213.1.1.3.48.18'
        else if ($code = 'MED-1133') then '1.2.250.1.213.1.1.3.48.36' else ()"/>
    <xsl:sequence select="
        c:entry($entry, ('1.3.6.1.4.1.19376.1.5.3.1.4.13', '1.2.250.1.213.1.1.3.48', $special), 'EVN', 'completed'),
        c:affirmed($entry),
        $entry[not(cda:text/cda:reference)] ! c:finding('1539', ., map {'element': 'text'}),
        if ($entry/cda:effectiveTime) then $entry/cda:effectiveTime[cda:high and not(cda:low)] ! c:finding('1403', ., map {'element': 'low', 'parent': 'effectiveTime'})
          else c:finding('1535', $entry, map {'element': 'effectiveTime'}),
        $entry/cda:value[2] ! c:finding('1404', ., map {'element': 'value', 'parent': 'observation'}),
        if ($entry/parent::cda:component) then c:document-type($entry)
        else if ($code = 'MED-1130') then (c:fixed($entry/cda:code, 'MED-1130', $ta,
            'Le patient a-t-il été informé des risques relatifs à l''examen d''imagerie médicale ?'), c:informed($entry))
        else if ($code = '99622-3') then (c:fixed($entry/cda:code, '99622-3', $loinc, 'Informations pour le patient'), c:free-text($entry))
        else if ($code = 'GEN-296') then (c:fixed($entry/cda:code, 'GEN-296', $ta, 'Évènement associé à l''examen demandé'), c:told($entry))
        else if ($code = 'GEN-297') then (c:fixed($entry/cda:code, 'GEN-297', $ta, 'Le demandeur souhaite un retour par téléphone'), c:yes-no($entry))
        else if ($code = 'MED-1133') then (c:fixed($entry/cda:code, 'MED-1133', $ta, 'Fonction étudiée'), c:function($entry))
        else c:finding('1532', $entry)"/>
  </xsl:function>

  <!-- B12 -->
  <xsl:function name="c:informed" as="element(finding)*">
    <xsl:param name="entry" as="element()"/>
    <xsl:sequence select="if ($entry/cda:value/@value) then c:yes-no($entry) else c:finding('1563', $entry)"/>
  </xsl:function>

  <xsl:function name="c:document-type" as="element(finding)*">
    <xsl:param name="entry" as="element()"/>
    <xsl:sequence select="
        c:fixed($entry/cda:code, '69764-9', $loinc, 'Type de document'),
        if ($entry/cda:value) then $entry/cda:value[not(@xsi:type = 'CD')] ! c:finding('1536', ., map {'expected': 'CD'})
          else c:finding('1535', $entry, map {'element': 'value'}),
        c:told($entry)"/>
  </xsl:function>

  <!-- FR-Document-attache: the type of the document, then its one media. -->
  <xsl:template match="cda:organizer" mode="c:check" as="element(finding)*">
    <xsl:sequence select="
        c:entry(., '1.2.250.1.213.1.1.3.18', 'EVN', 'completed'),
        c:fixed(cda:code, '55107-7', $loinc, 'Document attaché'),
        .[ancestor::cda:section[1][not(c:kind(.) = 'documents')]] ! c:finding('1532', .),
        .[not(cda:component/cda:observation)] ! c:finding('1535', ., map {'element': 'component/observation'}),
        cda:component[cda:observation][2] ! c:finding('1404', ., map {'element': 'component/observation', 'parent': 'organizer'}),
        .[not(cda:component/cda:observationMedia)] ! c:finding('1535', ., map {'element': 'component/observationMedia'}),
        cda:component[cda:observationMedia][2] ! c:finding('1404', ., map {'element': 'component/observationMedia', 'parent': 'organizer'})"/>
  </xsl:template>

  <xsl:template match="cda:observationMedia" mode="c:check" as="element(finding)*">
    <xsl:sequence select="
        cda:value[@mediaType][empty($sets('media-type')?systems(@mediaType))] ! c:finding('1620', .),
        .[@ID][not(@ID = //cda:renderMultiMedia/@referencedObject)] ! c:finding('1611', .)"/>
  </xsl:template>
</xsl:transform>
