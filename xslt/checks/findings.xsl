<?xml version="1.0" encoding="UTF-8"?>
<!-- What every rule uses: findings and their places, value sets, fixed codes, moments, national identifiers.
     The tables of mappings/ are read while the stylesheet is compiled. -->
<xsl:transform version="3.0" xmlns:c="urn:x-bridge:checks" xmlns:x="urn:x-bridge:source" xmlns:cda="urn:hl7-org:v3"
    xmlns:map="http://www.w3.org/2005/xpath-functions/map" xmlns:fn="http://www.w3.org/2005/xpath-functions"
    xmlns:xs="http://www.w3.org/2001/XMLSchema" xmlns:xsl="http://www.w3.org/1999/XSL/Transform" exclude-result-prefixes="#all">
  <xsl:include href="tables.xsl"/>

  <xsl:variable name="loinc" as="xs:string" static="yes" select="'2.16.840.1.113883.6.1'"/>
  <xsl:variable name="snomed" as="xs:string" static="yes" select="'2.16.840.1.113883.6.96'"/>
  <xsl:variable name="ta" as="xs:string" static="yes" select="'1.2.250.1.213.1.1.4.322'"/>
  <xsl:variable name="professionals" as="xs:string" static="yes" select="'1.2.250.1.71.4.2.1'"/>
  <xsl:variable name="structures" as="xs:string" static="yes" select="'1.2.250.1.71.4.2.2'"/>

  <!-- tables -->

  <!-- A text without what spelling may change: case, accents, punctuation, spaces. -->
  <xsl:variable name="bare" as="function(xs:string) as xs:string" static="yes" select="
      function($text as xs:string) as xs:string {
        normalize-space(replace(replace(lower-case(normalize-unicode($text, 'NFKD')), '\p{M}', ''), '[^\p{L}\p{N}]+', ' '))
      }"/>

  <!-- Whether two texts are the same but for what spelling may change. -->
  <xsl:function name="c:alike" as="xs:boolean">
    <xsl:param name="one" as="xs:string"/>
    <xsl:param name="other" as="xs:string"/>
    <xsl:sequence select="$one eq $other or $bare($one) eq $bare($other)"/>
  </xsl:function>

  <!-- Each value set: label by "code system", systems by code, and the bare labels. -->
  <xsl:variable name="sets" as="map(xs:string, map(xs:string, item()*))" static="yes" select="
      map:merge(
        for $name in ('author-speciality', 'care-information', 'contraindication', 'contrast-injection', 'encounter-type',
            'facility-type', 'function-code', 'gender', 'modality', 'pet-function', 'practice-setting', 'priority', 'relation',
            'scintigraphy-function', 'site', 'topographic-modifier', 'media-type', 'civility', 'title'),
          $set in [$rows('value-sets/' || $name)]
        return map:entry($name, map {
          'name': $name,
          'labels': map:merge($set?* ! map:entry(.(1) || ' ' || .(2), .(3))),
          'systems': map:merge($set?* ! map:entry(.(1), .(2)), map {'duplicates': 'combine'}),
          'bare': map:merge($set?* ! map:entry($bare(.(3)), .(1)), map {'duplicates': 'combine'})
        }))"/>

  <!-- Codes that earlier value sets had: "value-set code system". -->
  <xsl:variable name="retired" as="map(xs:string, xs:boolean)" static="yes" select="
      map:merge($rows('codes/retired') ! map:entry(.(4) || ' ' || .(2) || ' ' || .(1), true()))"/>

  <!-- codeSystemName by OID. -->
  <xsl:variable name="system-names" as="map(xs:string, xs:string)" static="yes" select="
      map:merge($rows('code-systems')[.(5) ne ''] ! map:entry(.(1), .(5)))"/>

  <!-- The sex to which a contre-indication applies (B10). -->
  <xsl:variable name="scope" as="map(xs:string, array(xs:string))" static="yes" select="
      map:merge($rows('contraindication-scope') ! map:entry(.(1), .))"/>

  <!-- findings -->

  <xsl:function name="c:finding" as="element(finding)">
    <xsl:param name="code" as="xs:string"/>
    <xsl:param name="node" as="element()"/>
    <xsl:sequence select="c:finding($code, $node, map {})"/>
  </xsl:function>

  <!-- A finding at an element, named by the number that the caller gave it (@x:n), with what its sentence is filled with; the entry "severity" weighs it otherwise than usual. -->
  <xsl:function name="c:finding" as="element(finding)">
    <xsl:param name="code" as="xs:string"/>
    <xsl:param name="node" as="element()"/>
    <xsl:param name="parameters" as="map(xs:string, xs:string)"/>
    <finding rule="IMGDA-{$code}" at="{$node/@x:n}">
      <xsl:for-each select="map:keys($parameters)"><xsl:attribute name="{.}" select="$parameters(.)"/></xsl:for-each>
    </finding>
  </xsl:function>

  <!-- codes -->

  <!-- A code that must be in a value set. -->
  <xsl:function name="c:coded" as="element(finding)*">
    <xsl:param name="nodes" as="element()*"/>
    <xsl:param name="set" as="xs:string"/>
    <xsl:for-each select="$nodes[not(@nullFlavor and not(@code))]">
      <xsl:variable name="systems" as="xs:string*" select="@code ! $sets($set)?systems(.)"/>
      <xsl:sequence select="
          if (not(@code)) then c:finding('1510', ., map {'set': $set})
          else if (c:is-newer(., $set)) then c:finding('1501', ., map {'set': $set})
          else if (@codeSystem = $systems) then c:label(., $sets($set)?labels(@code || ' ' || @codeSystem), $set)
          else if ($retired($set || ' ' || @code || ' ' || @codeSystem))
            then c:finding('1507', ., map {'set': $set, 'severity': c:severity-of-retired-code()})
          else if (exists($systems)) then c:finding('1502', ., map {'set': $set, 'expected': string-join($systems, ', ')})
          else c:finding('1501', ., map {'set': $set})"/>
    </xsl:for-each>
  </xsl:function>

  <!-- Whether a code joined its value set after this version of the model: the tables have those of the newest one. -->
  <xsl:function name="c:is-newer" as="xs:boolean">
    <xsl:param name="code" as="element()"/>
    <xsl:param name="set" as="xs:string"/>
    <xsl:sequence select="false()"/>
  </xsl:function>

  <xsl:function name="c:severity-of-retired-code" as="xs:string">
    <xsl:sequence select="'error'"/>
  </xsl:function>

  <!-- A code that the suites of earlier versions bind to a value set, and those of this one do not. -->
  <xsl:function name="c:bound-before" as="element(finding)*">
    <xsl:param name="nodes" as="element()*"/>
    <xsl:param name="set" as="xs:string"/>
    <xsl:sequence select="c:known($nodes, $set)"/>
  </xsl:function>

  <!-- A code that no rule binds: where a value set has it, the label must be right all the same. -->
  <xsl:function name="c:known" as="element(finding)*">
    <xsl:param name="nodes" as="element()*"/>
    <xsl:param name="set" as="xs:string"/>
    <xsl:sequence select="for $node in $nodes return
        $sets($set)?labels($node/@code || ' ' || $node/@codeSystem) ! c:label($node, ., $set)"/>
  </xsl:function>

  <xsl:function name="c:label" as="element(finding)?">
    <xsl:param name="node" as="element()"/>
    <xsl:param name="expected" as="xs:string"/>
    <xsl:param name="set" as="xs:string"/>
    <xsl:variable name="label" as="xs:string?" select="$node/@displayName"/>
    <xsl:sequence select="
        if ($label = $expected) then ()
        else if (empty($label)) then c:finding('1511', $node, map {'expected': $expected})
        else if (c:alike($label, $expected)) then c:finding('1505', $node, map {'expected': $expected})
        else c:finding(if ($set ne '' and exists($sets($set)?bare($bare($label)))) then '1503' else '1504', $node,
            map {'expected': $expected})"/>
  </xsl:function>

  <!-- A code that the model fixes. -->
  <xsl:function name="c:fixed" as="element(finding)*">
    <xsl:param name="nodes" as="element()*"/>
    <xsl:param name="code" as="xs:string"/>
    <xsl:param name="system" as="xs:string"/>
    <xsl:param name="label" as="xs:string"/>
    <xsl:sequence select="$nodes ! (
        if (not(@code = $code)) then c:finding('1508', ., map {'expected': $code})
        else if (not(@codeSystem = $system)) then c:finding('1509', ., map {'expected': $system})
        else c:label(., $label, ''))"/>
  </xsl:function>

  <!-- moments -->

  <!-- A timestamp as a moment; a date is its midnight, and a time without zone is taken as universal. -->
  <xsl:function name="c:moment" as="xs:dateTime?">
    <xsl:param name="values" as="xs:string*"/>
    <xsl:sequence select="$values[1][string-length() ge 8] ! (
        let $digits := substring-before(translate(., '-.', '++') || '+', '+') || '00000000000000',
            $sign := string-length() - 4,
            $zone := if (substring(., $sign, 1) = ('+', '-')) then substring(., $sign, 3) || ':' || substring(., $sign + 3) else 'Z',
            $moment := string-join((substring($digits, 1, 4), substring($digits, 5, 2), substring($digits, 7, 2)), '-') || 'T'
                || string-join((substring($digits, 9, 2), substring($digits, 11, 2), substring($digits, 13, 2)), ':') || $zone
        return if ($moment castable as xs:dateTime) then xs:dateTime($moment) else ())"/>
  </xsl:function>

  <!-- The moment when the document was made. -->
  <xsl:function name="c:made" as="xs:dateTime?">
    <xsl:param name="node" as="node()"/>
    <xsl:sequence select="c:moment(root($node)/cda:ClinicalDocument/cda:effectiveTime[1]/@value)"/>
  </xsl:function>

  <!-- national identifiers -->

  <xsl:function name="c:luhn" as="xs:boolean">
    <xsl:param name="digits" as="xs:string"/>
    <xsl:variable name="reversed" as="xs:integer+" select="reverse(string-to-codepoints($digits)) ! (. - 48)"/>
    <xsl:variable name="sum" as="xs:integer" select="sum(
        for $place in 1 to count($reversed), $value in $reversed[$place] * (2 - $place mod 2)
        return if ($value gt 9) then $value - 9 else $value)"/>
    <xsl:sequence select="$sum mod 10 = 0"/>
  </xsl:function>

  <!-- 13 characters and a key of two digits: 97 less their remainder by 97; Corsica's 2A is read as 19, 2B as 18. -->
  <xsl:function name="c:is-ins" as="xs:boolean">
    <xsl:param name="number" as="xs:string"/>
    <xsl:variable name="body" as="xs:string" select="replace(replace(substring($number, 1, 13), '^(.{5})2A', '$119'),
        '^(.{5})2B', '$118')"/>
    <xsl:sequence select="string-length($number) = 15 and matches($body || substring($number, 14), '^\d{15}$')
        and 97 - xs:integer($body) mod 97 = xs:integer(substring($number, 14))"/>
  </xsl:function>

  <!-- 8 and an RPPS of 11 digits with its key; the older numbers (ADELI 0, FINESS 3, others) have no key to test. -->
  <xsl:function name="c:is-professional" as="xs:boolean">
    <xsl:param name="number" as="xs:string"/>
    <xsl:sequence select="if (matches($number, '^8\d{11}$')) then c:luhn(substring($number, 2)) else matches($number, '^[0356].{8,}$')"/>
  </xsl:function>

  <!-- 1 and a FINESS, 2 and a SIREN, 3 and a SIRET, 0 or 4 and the number of a professional. -->
  <xsl:function name="c:is-structure" as="xs:boolean">
    <xsl:param name="number" as="xs:string"/>
    <xsl:sequence select="
        if (matches($number, '^[12]\d{9}$')) then c:luhn(substring($number, 2))
        else matches($number, '^(1.{9}|3\d{14}|[04].{9,})$')"/>
  </xsl:function>
</xsl:transform>
