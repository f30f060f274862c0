<?xml version="1.0" encoding="UTF-8"?>
<!-- Agreement of the two halves of a section: what people read and what machines read.
     Source: CDA R2, 4.2.3 and 4.3.5; IMG-DA-IMG 2024.01, section 3.4.2. -->
<xsl:transform version="3.0" xmlns:c="urn:x-bridge:checks" xmlns:cda="urn:hl7-org:v3"
    xmlns:xs="http://www.w3.org/2001/XMLSchema" xmlns:xsl="http://www.w3.org/1999/XSL/Transform" exclude-result-prefixes="#all">

  <!-- The narrative that an element refers to, by its text or originalText. -->
  <xsl:function name="c:content" as="element()?">
    <xsl:param name="node" as="element()"/>
    <xsl:sequence select="($node/(cda:originalText, cda:text)/cda:reference/@value)[1]
        ! key('content', replace(., '^#', ''), root($node))[1]"/>
  </xsl:function>

  <!-- The contents that stand for data of an entry. -->
  <xsl:variable name="coded" as="xs:string"
      static="yes" select="'^(antecedent-|contre-indication-|info-pec-|risque-examen|informations-transmises|modalite-examen-|InjectionPDC-TEP-|commentaire-|fonction-|localisation-anatomique-|evenement|retour-tel-souhaite)'"/>

  <!-- References, their targets, and contents that no entry refers to. -->
  <xsl:function name="c:references" as="element(finding)*">
    <xsl:param name="document" as="element()"/>
    <xsl:variable name="root" as="node()" select="root($document)"/>
    <xsl:variable name="references" as="element()*" select="$document//cda:reference[@value]"/>
    <xsl:sequence select="
        $references[not(starts-with(@value, '#'))] ! c:finding('1601', .),
        $references[starts-with(@value, '#')][empty(key('content', substring(@value, 2), $root))] ! c:finding('1602', .),
        $document//cda:content[@ID[matches(., $coded)]][empty(key('reference', @ID, $root))] ! c:finding('1616', .),
        $document//cda:renderMultiMedia[empty(key('media', tokenize(@referencedObject), $root))] ! c:finding('1610', .)"/>
  </xsl:function>

  <xsl:key name="reference" match="cda:reference[@value]" use="replace(@value, '^#', '')"/>
  <xsl:key name="media" match="cda:observationMedia" use="@ID"/>

  <!-- The narrative of an entry is not empty. -->
  <xsl:function name="c:told" as="element(finding)*">
    <xsl:param name="node" as="element()*"/>
    <xsl:sequence select="$node ! c:content(.)[not(normalize-space())] ! c:finding('1605', .)"/>
  </xsl:function>

  <!-- Every row of a table has the cells of the others. Tables of data have one row of headings. -->
  <xsl:template match="cda:table" mode="c:check" as="element(finding)*">
    <xsl:sequence select="
        if (count(distinct-values(*/cda:tr/sum((cda:td | cda:th)/(@colspan[. castable as xs:integer]/xs:integer(.), 1)[1]))) gt 1
            and not(.//@rowspan)) then c:finding('1614', .) else (),
        if (ancestor::cda:section[1]/c:kind(.) = ('request', 'history', 'plan') and count(cda:thead/cda:tr) ne 1)
          then c:finding('1615', .) else (),
        .//cda:th[not(normalize-space())] ! c:finding('1615', .),
        .//cda:td[not(normalize-space() or .//cda:renderMultiMedia)] ! c:finding('1617', .)"/>
  </xsl:template>

  <!-- The narrative of a code says its label, whole or in short, or gives the sender's wording beside it. -->
  <xsl:function name="c:says" as="element(finding)*">
    <xsl:param name="node" as="element()"/>
    <xsl:param name="set" as="xs:string"/>
    <xsl:variable name="content" as="element()?" select="c:content($node)"/>
    <xsl:variable name="label" as="xs:string?" select="$sets($set)?labels($node/@code || ' ' || $node/@codeSystem)"/>
    <xsl:sequence select="
        if (not($node/cda:originalText/cda:reference) and $node/@code)
          then c:finding('1539', $node, map {'severity': 'warning', 'element': 'originalText'})
        else if (empty($content) or empty($label) or $content = $label) then ()
        else if (not(normalize-space($content))) then c:finding('1605', $content)
        else
          let $said := $bare($content), $expected := $bare($label)
          return if (contains($expected, $said) or contains($said, $expected)
            or contains($bare(string($content/ancestor::cda:td[1])), $expected)) then ()
          else c:finding('1604', $content, map {'expected': $label})"/>
  </xsl:function>

  <!-- The answers "oui" and "non" among nodes of the narrative. -->
  <xsl:function name="c:answers" as="xs:string*">
    <xsl:param name="nodes" as="node()*"/>
    <xsl:sequence select="$nodes[string-length(normalize-space()) lt 7] ! $bare(.)[. = ('oui', 'non')]"/>
  </xsl:function>

  <!-- "Oui" or "Non" beside or in the narrative of a boolean, as its value says. -->
  <xsl:function name="c:yes-no" as="element(finding)*">
    <xsl:param name="entry" as="element()"/>
    <xsl:variable name="value" as="element()?" select="$entry/cda:value[1]"/>
    <xsl:variable name="content" as="element()?" select="c:content($entry)"/>
    <xsl:variable name="row" as="element()?" select="($content/ancestor::cda:tr[1], $content)[1]"/>
    <xsl:variable name="words" as="xs:string*" select="c:answers(
        if ($entry/cda:code/@code = 'GEN-297') then $content else $row//(cda:td | cda:content | cda:tr[not(cda:td)] | self::cda:content))"/>
    <xsl:variable name="expected" as="xs:string" select="if ($value/@value = ('true', '1')) then 'oui' else 'non'"/>
    <xsl:sequence select="
        $value[not(@xsi:type = 'BL')] ! c:finding('1536', ., map {'expected': 'BL'}),
        c:told($entry),
        if ($value/@value and exists($words) and not($words = $expected)) then c:finding('1606', $entry, map {'expected': $expected})
        else if ($value/@value and $content and empty($words)) then c:finding('1607', $entry, map {'expected': $expected})
        else ()" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"/>
  </xsl:function>

  <!-- The column of answers, where there is one, says what the entry says; else any cell may. A row without answer is read as a "oui". -->
  <xsl:function name="c:answer-told" as="element(finding)*">
    <xsl:param name="entry" as="element()"/>
    <xsl:variable name="row" as="element()?" select="$entry/cda:value[1] ! c:content(.)/ancestor::cda:tr[1]"/>
    <xsl:variable name="column" as="xs:integer?" select="c:column($row, 'Réponse')"/>
    <xsl:variable name="words" as="xs:string*" select="c:answers($row/cda:td[empty($column) or position() = $column])"/>
    <xsl:variable name="expected" as="xs:string" select="if ($entry/@negationInd = ('true', '1')) then 'non' else 'oui'"/>
    <xsl:sequence select="
        if (empty($row)) then ()
        else if (exists($words) and not($words = $expected) or empty($words) and $expected = 'non')
          then c:finding('1606', $entry, map {'expected': $expected})
        else ()"/>
  </xsl:function>

  <!-- The reference of a free text leads to the text, not to the question. -->
  <xsl:function name="c:free-text" as="element(finding)*">
    <xsl:param name="entry" as="element()"/>
    <xsl:sequence select="c:told($entry),
        c:content($entry)[starts-with($bare(string(.)), 'autres informations')] ! c:finding('1608', .)"/>
  </xsl:function>

  <xsl:function name="c:modifier-told" as="element(finding)?">
    <xsl:param name="value" as="element()"/>
    <xsl:param name="act" as="element()"/>
    <xsl:variable name="label" as="xs:string?"
        select="$sets('topographic-modifier')?labels($value/@code || ' ' || $value/@codeSystem)"/>
    <xsl:variable name="row" as="element()?" select="c:content($act)/ancestor::cda:tr[1]"/>
    <xsl:variable name="column" as="xs:integer?" select="c:column($row, 'Précision topographique')"/>
    <xsl:variable name="said" as="node()*" select="if ($column) then $row/*[position() = $column] else $row"/>
    <xsl:sequence select="
        if ($label and $row and not(contains(string-join($said), $label)) and not(contains($bare(string-join($said//text(), ' ')), $bare($label))))
          then c:finding('1609', $value, map {'expected': $label})
        else ()"/>
  </xsl:function>

  <!-- The number of the column under a heading, where a table has one. -->
  <xsl:function name="c:column" as="xs:integer?">
    <xsl:param name="row" as="element()?"/>
    <xsl:param name="heading" as="xs:string"/>
    <xsl:variable name="heads" as="element()*" select="$row/ancestor::cda:table[1]/cda:thead[1]/cda:tr[1]/*"/>
    <xsl:sequence select="(
        for $i in 1 to count($heads) return $i[contains($heads[$i], $heading)],
        for $i in 1 to count($heads) return $i[contains($bare($heads[$i]), $bare($heading))])[1]"/>
  </xsl:function>

  <!-- What the column of modifiers says of an act, its entry says. -->
  <xsl:function name="c:modifiers-coded" as="element(finding)*">
    <xsl:param name="act" as="element()"/>
    <xsl:variable name="row" as="element()?" select="c:content($act)/ancestor::cda:tr[1]"/>
    <xsl:variable name="column" as="xs:integer?" select="c:column($row, 'Précision topographique')"/>
    <xsl:variable name="coded" as="xs:string*" select="$act/cda:targetSiteCode//cda:qualifier/cda:value/@code"/>
    <xsl:for-each select="$row/*[position() = $column]//text() ! tokenize(., ',')">
      <xsl:variable name="codes" as="xs:string*" select="$sets('topographic-modifier')?bare($bare(.))"/>
      <xsl:if test="exists($codes) and not($codes = $coded)">
        <xsl:sequence select="c:finding('1618', $act, map {'expected': $sets('topographic-modifier')?labels($codes[1] || ' ' || $snomed)})"/>
      </xsl:if>
    </xsl:for-each>
  </xsl:function>

  <!-- The wished dates as people write them; each is looked for once. -->
  <xsl:function name="c:dates-told" as="element(finding)*">
    <xsl:param name="section" as="element()"/>
    <xsl:variable name="narrative" as="xs:string" select="string($section/cda:text[1])"/>
    <xsl:for-each-group group-by="substring(@value, 1, 8)"
        select="$section/cda:entry/cda:observation ! cda:effectiveTime[@value][1]">
      <xsl:variable name="day" as="xs:string" select="current-grouping-key()"/>
      <xsl:variable name="date" as="xs:string" select="
          string-join((substring($day, 7, 2)[. ne ''], substring($day, 5, 2)[. ne ''], substring($day, 1, 4)), '/')"/>
      <xsl:sequence select="if (contains($narrative, $date)) then () else current-group() ! c:finding('1612', .)"/>
    </xsl:for-each-group>
  </xsl:function>

  <!-- The reason of an emergency stands in the header, but only the narrative of the acts shows it. -->
  <xsl:function name="c:reason-told" as="element(finding)?">
    <xsl:param name="section" as="element()"/>
    <xsl:variable name="reason" as="element()?" select="
        (root($section)/*/cda:documentationOf/cda:serviceEvent/cda:code[@code = 'MED-1095']/cda:originalText[normalize-space()])[1]"/>
    <xsl:variable name="said" as="xs:string" select="replace($reason, '\s*\(retour par téléphone souhaité\)\s*$', '')"/>
    <xsl:variable name="narrative" as="element()?" select="$section/cda:text[1]"/>
    <xsl:sequence select="
        if (empty($reason) or contains($narrative, $said)
          or contains($bare(string-join($narrative//text(), ' ')), $bare($said))) then ()
        else c:finding('1613', $reason)"/>
  </xsl:function>
</xsl:transform>
