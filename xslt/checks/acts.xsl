<?xml version="1.0" encoding="UTF-8"?>
<!-- Rules of the requested acts: FR-Demande-d-examen-ou-de-suivi-IMG-DA, and B1 to B8, B10, B13, B16.
     Source: IMG-DA-IMG 2024.01, section 3.4.2, actes d'imagerie demandés. -->
<xsl:transform version="3.0" xmlns:c="urn:x-bridge:checks" xmlns:cda="urn:hl7-org:v3"
    xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xmlns:xs="http://www.w3.org/2001/XMLSchema"
    xmlns:xsl="http://www.w3.org/1999/XSL/Transform" exclude-result-prefixes="#all">

  <xsl:function name="c:plan" as="element(finding)*">
    <xsl:param name="section" as="element()"/>
    <xsl:variable name="acts" as="element()*" select="$section/cda:entry/cda:observation"/>
    <xsl:variable name="events" as="element()*" select="$acts/cda:entryRelationship/cda:observation[cda:code/@code = 'GEN-296']"/>
    <xsl:sequence select="
        if ($acts) then () else c:finding('1551', $section),
        if (count(distinct-values($acts/cda:effectiveTime/string(@value))) gt 1) then c:finding('1564', $section) else (),
        $events[2] ! c:finding('1565', .),
        c:reason-told($section), c:dates-told($section)"/>
  </xsl:function>

  <xsl:function name="c:act" as="element(finding)*">
    <xsl:param name="act" as="element()"/>
    <xsl:variable name="templates" as="xs:string+" select="'1.3.6.1.4.1.19376.1.5.3.1.1.20.3.1', '2.16.840.1.113883.10.20.1.25',
        '1.2.250.1.213.1.1.3.27', '1.2.250.1.213.1.1.3.27.3'"/>
    <xsl:sequence select="
        c:entry($act, $templates, ('INT', 'PRP', 'GOL'), 'active'),
        c:affirmed($act),
        $act/cda:text[not(cda:reference)] ! c:finding('1539', ., map {'element': 'reference'}),
        ('text', 'effectiveTime')[not(. = $act/*/local-name())] ! c:finding('1535', $act, map {'element': .}),
        $act/cda:value ! c:finding('1545', .),
        $act/cda:effectiveTime[cda:low or cda:high] ! c:finding('1536', ., map {'expected': 'TS'}),
        c:answer($act/cda:code, 'modality'),
        $act/cda:text ! c:told($act),
        c:contrast($act), c:sites($act), c:functions($act), c:legacy-urgency($act), c:deadline($act), c:comments($act),
        ($act/cda:entryRelationship/cda:observation[cda:code/@code = 'GEN-297'])[2] ! c:finding('1544', .),
        ($act/cda:entryRelationship/cda:observation[cda:code/@code = 'GEN-296'])[2] ! c:finding('1544', .)"/>
  </xsl:function>

  <!-- B7, B8 -->
  <xsl:function name="c:contrast" as="element(finding)*">
    <xsl:param name="act" as="element()"/>
    <xsl:variable name="values" as="element()*" select="$act/cda:code/cda:qualifier/cda:value"/>
    <xsl:variable name="functions" as="xs:string*" select="c:function-entries($act)/cda:value/@code"/>
    <xsl:sequence select="
        $act/cda:code/cda:qualifier[not(cda:value)] ! c:finding('1403', ., map {'element': 'value', 'parent': 'qualifier'}),
        $act/cda:code/cda:qualifier[2] ! c:finding('1404', ., map {'element': 'qualifier', 'parent': 'code'}),
        c:answer($values, 'contrast-injection'),
        $values[not($act/cda:code/@code = 'PT')] ! c:finding('1558', .),
        if ($act/cda:code/@code = 'PT' and empty($values) and $functions = ('GEN-092.04.18', 'MED-1133', 'MED-1137'))
          then c:finding('1557', $act) else ()"/>
  </xsl:function>

  <!-- B1, B16 -->
  <xsl:function name="c:sites" as="element(finding)*">
    <xsl:param name="act" as="element()"/>
    <xsl:variable name="sites" as="element()*" select="$act/cda:targetSiteCode"/>
    <xsl:variable name="modifiers" as="element()*" select="$sites/cda:qualifier"/>
    <xsl:sequence select="
        if ($sites) then () else c:finding('1552', $act),
        $sites[@nullFlavor] ! c:finding('1552', .),
        $sites[not(@nullFlavor)] ! (c:coded(., 'site'), c:says(., 'site')),
        if (count($modifiers/cda:value) gt 1 or count($modifiers) gt 1) then c:finding('1566', $act) else (),
        $modifiers[not(cda:value)] ! c:finding('1403', ., map {'element': 'value', 'parent': 'qualifier'}),
        $sites//cda:qualifier/cda:name ! c:fixed(., '106233006', $snomed, 'modificateur topographique'),
        $sites//cda:qualifier[not(cda:name)] ! c:finding('1403', ., map {'element': 'name', 'parent': 'qualifier'}),
        $sites//cda:qualifier/cda:value ! (c:coded(., 'topographic-modifier'), c:modifier-told(., $act)),
        c:modifiers-coded($act)"/>
    <xsl:for-each-group select="$sites[@code]" group-by="string-join((@code, cda:qualifier//@code), ' ')">
      <xsl:sequence select="tail(current-group()) ! c:finding('1567', .)"/>
    </xsl:for-each-group>
  </xsl:function>

  <xsl:function name="c:function-entries" as="element()*">
    <xsl:param name="act" as="element()"/>
    <xsl:sequence select="$act/cda:entryRelationship/cda:observation[cda:code/@code = 'MED-1133']"/>
  </xsl:function>

  <!-- B3, B4 -->
  <xsl:function name="c:functions" as="element(finding)*">
    <xsl:param name="act" as="element()"/>
    <xsl:variable name="functions" as="element()*" select="c:function-entries($act)"/>
    <xsl:variable name="nuclear" as="xs:boolean" select="$act/cda:code/@code = ('PT', 'NM')"/>
    <xsl:sequence select="
        if ($nuclear and not($functions/cda:value)) then c:finding('1553', $act) else (),
        if ($nuclear) then () else $functions ! c:finding('1554', .)"/>
  </xsl:function>

  <!-- B5, B6: the answer of one fonction étudiée. -->
  <xsl:function name="c:function" as="element(finding)*">
    <xsl:param name="entry" as="element()"/>
    <xsl:variable name="modality" as="xs:string" select="string($entry/ancestor::cda:observation[last()]/cda:code[1]/@code)"/>
    <xsl:variable name="set" as="xs:string?" select="if ($modality = 'PT') then 'pet-function' else if ($modality = 'NM') then 'scintigraphy-function' else ()"/>
    <xsl:sequence select="
        if ($entry/ancestor::cda:section[1]/c:kind(.) = 'plan' and $entry/parent::cda:entryRelationship) then () else c:finding('1532', $entry),
        $set ! c:answer($entry/cda:value[not(c:other-function(., $set))], .),
        $entry/cda:value[exists($set)][c:other-function(., $set)] ! c:finding('1555', .),
        $entry/cda:value[not(@xsi:type = 'CD')] ! c:finding('1536', ., map {'expected': 'CD'}),
        c:told($entry),
        $entry[cda:value/@code = ('GEN-092.04.18', 'GEN-092.04.19')][not(cda:entryRelationship/cda:act)] ! c:finding('1556', .),
        $entry/cda:entryRelationship[not(cda:act)] ! c:finding('1545', .),
        $entry/cda:entryRelationship[cda:act][2] ! c:finding('1543', .)"/>
  </xsl:function>

  <!-- Whether a code is a function of the other nuclear modality. -->
  <xsl:function name="c:other-function" as="xs:boolean">
    <xsl:param name="value" as="element()"/>
    <xsl:param name="set" as="xs:string"/>
    <xsl:variable name="other" as="xs:string" select="if ($set = 'pet-function') then 'scintigraphy-function' else 'pet-function'"/>
    <xsl:sequence select="empty($sets($set)?systems($value/@code)) and exists($value/@code ! $sets($other)?systems(.))"/>
  </xsl:function>

  <!-- Emergency in the entry: the form of earlier versions. -->
  <xsl:function name="c:legacy-urgency" as="element(finding)*">
    <xsl:param name="act" as="element()"/>
    <xsl:variable name="weight" as="map(xs:string, xs:string)"
        select="map {'severity': c:severity-of-urgency-in-act()}"/>
    <xsl:sequence select="
        $act/cda:priorityCode ! (c:finding('1546', ., $weight), c:known(., 'priority')),
        $act/cda:priorityCode[(@code = 'UR') ne exists(cda:originalText/cda:reference)] ! c:finding('1548', .),
        $act/cda:performer[1] ! c:finding('1547', ., $weight),
        $act/cda:performer[2] ! c:finding('1404', ., map {'element': 'performer', 'parent': 'observation'})"/>
  </xsl:function>

  <xsl:function name="c:severity-of-urgency-in-act" as="xs:string">
    <xsl:sequence select="'warning'"/>
  </xsl:function>

  <!-- The wished date stands between the request and a year later. -->
  <xsl:function name="c:deadline" as="element(finding)*">
    <xsl:param name="act" as="element()"/>
    <xsl:variable name="wished" as="element()?" select="$act/cda:effectiveTime[@value][1]"/>
    <xsl:variable name="moment" as="xs:dateTime?" select="c:moment($wished/@value)"/>
    <xsl:variable name="made" as="xs:dateTime?" select="c:made($act)"/>
    <xsl:sequence select="
        if (substring($wished/@value, 1, 8) lt substring(root($act)/*/cda:effectiveTime[1]/@value, 1, string-length(substring($wished/@value, 1, 8))))
          then c:finding('1642', $wished) else (),
        if (exists($moment) and $moment gt $made + xs:dayTimeDuration('P366D')) then c:finding('1643', $wished) else ()"/>
  </xsl:function>

  <!-- B2; at most one comment. -->
  <xsl:function name="c:comments" as="element(finding)*">
    <xsl:param name="act" as="element()"/>
    <xsl:sequence select="
        $act/cda:entryRelationship[cda:act][2] ! c:finding('1543', .),
        $act[cda:code/@code = ('C63334', 'OT')][not(cda:entryRelationship/cda:act)] ! c:finding('1550', .)"/>
  </xsl:function>

  <xsl:template match="cda:entryRelationship" mode="c:check" as="element(finding)*">
    <xsl:variable name="type" as="xs:string" select="if (cda:act) then 'SUBJ' else 'COMP'"/>
    <xsl:sequence select="
        .[not(@typeCode = $type)] ! c:finding('1549', ., map {'expected': $type}),
        .[cda:act][not(@inversionInd = ('true', '1'))] ! c:finding('1549', ., map {'expected': 'inversionInd=true'}),
        .[not(cda:act)][@inversionInd = ('true', '1')] ! c:finding('1549', ., map {'expected': 'inversionInd=false'}),
        .[@negationInd = ('true', '1')] ! c:finding('1540', .),
        .[not(cda:act or cda:observation)] ! c:finding('1532', .)"/>
  </xsl:template>

  <!-- FR-Commentaire-ER -->
  <xsl:template match="cda:entryRelationship/cda:act" mode="c:check" as="element(finding)*">
    <xsl:variable name="act" as="element()" select="."/>
    <xsl:sequence select="
        ('2.16.840.1.113883.10.20.1.40', '1.3.6.1.4.1.19376.1.5.3.1.4.2', '1.2.250.1.213.1.1.3.32')[not(. = $act/cda:templateId/@root)]
          ! c:finding('1533', $act, map {'root': .}),
        c:fixed(cda:code, '48767-8', $loinc, 'Commentaire'),
        .[@moodCode ne 'EVN'] ! c:finding('1537', ., map {'expected': 'EVN'}),
        cda:statusCode[not(@code = 'completed')] ! c:finding('1538', ., map {'expected': 'completed', 'severity': 'error'}),
        c:affirmed(.),
        if (cda:text/cda:reference) then c:told(.) else c:finding('1539', ., map {'element': 'text'})"/>
  </xsl:template>

  <!-- B10. That one concerns none of the requested modalities is no finding: no table of them is published, and the fact stays true. -->
  <xsl:function name="c:contraindication" as="element(finding)*">
    <xsl:param name="entry" as="element()"/>
    <xsl:variable name="row" as="array(xs:string)?" select="$entry/cda:value[1]/@code ! $scope(.)"/>
    <xsl:variable name="root" as="element()" select="root($entry)/*"/>
    <xsl:variable name="gender" as="xs:string?"
        select="($root/cda:recordTarget/cda:patientRole/cda:patient/cda:administrativeGenderCode/@code)[1]"/>
    <xsl:variable name="present" as="xs:boolean" select="not($entry/@negationInd = ('true', '1'))"/>
    <xsl:sequence select="
        if (exists($row) and $row(2) ne '' and $present and not($gender = ($row(2), 'UN'))) then c:finding('1560', $entry) else (),
        if ($present and $entry/cda:value/@code = 'GEN-092.01.20' and not($entry/cda:text/cda:reference/@value != $entry/cda:value/cda:originalText/cda:reference/@value))
          then c:finding('1559', $entry) else (),
        c:answer-told($entry)"/>
  </xsl:function>
</xsl:transform>
