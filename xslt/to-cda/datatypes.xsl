<?xml version="1.0" encoding="UTF-8"?>
<!-- Datatypes: HL7 V3 values and the parts built of them alone (II, CD, TS, IVL_TS, PN, AD, TEL), narrative ids, UUIDs.
     Source: CI-SIS, Structuration minimale; HL7 V3 datatypes R1. -->
<xsl:package name="urn:x-bridge:to-cda:datatypes" package-version="1.0" version="3.0" expand-text="yes"
    xmlns:dt="urn:x-bridge:to-cda:datatypes" xmlns:o="urn:x-bridge:order" xmlns:cda="urn:hl7-org:v3" xmlns="urn:hl7-org:v3"
    xmlns:map="http://www.w3.org/2005/xpath-functions/map" xmlns:xs="http://www.w3.org/2001/XMLSchema"
    xmlns:xsl="http://www.w3.org/1999/XSL/Transform" exclude-result-prefixes="#all">

  <xsl:expose component="function" names="dt:*" visibility="final"/>

  <!-- codeSystemName by OID; the same facts as cda_name in mappings/code-systems.csv, which a test compares. -->
  <xsl:variable name="code-system-names" as="map(xs:string, xs:string)" static="yes" visibility="private" select="map {
      '2.16.840.1.113883.6.1': 'LOINC',
      '2.16.840.1.113883.6.96': 'SNOMED CT',
      '2.16.840.1.113883.6.3': 'CIM-10',
      '1.2.840.10008.2.16.4': 'DCM',
      '1.2.250.1.213.1.1.4.322': 'TA_ASIP',
      '2.16.840.1.113883.3.26.1.1': 'NCIT'}"/>

  <!-- TS: an ISO 8601 moment at its precision: 2024-03-05T09:30:00+01:00 is 20240305093000+0100. -->
  <xsl:function name="dt:ts" as="xs:string">
    <xsl:param name="moment" as="xs:string"/>
    <xsl:sequence select="if (contains($moment, 'T'))
        then translate(substring($moment, 1, 19), '-T:', '') || translate(substring($moment, 20), ':', '')
        else translate($moment, '-', '')"/>
  </xsl:function>

  <!-- A moment for people: 05/03/2024, 03/2024, 2024, 05/03/2024 09:30. -->
  <xsl:function name="dt:french-date" as="xs:string">
    <xsl:param name="moment" as="xs:string"/>
    <xsl:variable name="time" as="xs:string" select="substring(substring-after($moment, 'T'), 1, 5)"/>
    <xsl:sequence select="string-join((
        string-join(reverse(tokenize(tokenize($moment, 'T')[1], '-')), '/'), $time[. ne '']), ' ')"/>
  </xsl:function>

  <!-- A narrative id: dt:ref('fonction', (1, 2)) is fonction-01-02. The one place where they are made. -->
  <xsl:function name="dt:ref" as="xs:string">
    <xsl:param name="name" as="xs:string"/>
    <xsl:param name="numbers" as="xs:integer*"/>
    <xsl:sequence select="string-join(($name, $numbers ! format-integer(., '00')), '-')"/>
  </xsl:function>

  <!-- The UUID of a section or entry: the document's seed with its last twelve digits replaced by kind, k and j. -->
  <xsl:function name="dt:uuid" as="element(cda:id)">
    <xsl:param name="node" as="node()"/>
    <xsl:param name="kind" as="xs:integer"/>
    <xsl:param name="k" as="xs:integer"/>
    <xsl:param name="j" as="xs:integer"/>
    <xsl:variable name="numbers" as="xs:string" select="string-join(($kind, $k, $j) ! format-integer(., '0000'))"/>
    <id root="{substring(root($node)/o:order/@uuid-seed, 1, 24)}{$numbers}"/>
  </xsl:function>

  <!-- II -->
  <xsl:function name="dt:ii" as="element(cda:id)">
    <xsl:param name="identifier" as="element()"/>
    <id><xsl:copy-of select="$identifier/@root, $identifier/@extension"/></id>
  </xsl:function>

  <!-- The attributes of a CD or CE, from a code of the order. -->
  <xsl:function name="dt:cd" as="attribute()+">
    <xsl:param name="code" as="element()"/>
    <xsl:sequence select="$code/@code"/>
    <xsl:if test="$code/@display"><xsl:attribute name="displayName" select="$code/@display"/></xsl:if>
    <xsl:attribute name="codeSystem" select="$code/@system"/>
    <xsl:if test="map:contains($code-system-names, $code/@system)">
      <xsl:attribute name="codeSystemName" select="$code-system-names($code/@system)"/>
    </xsl:if>
  </xsl:function>

  <!-- The attributes of a CD that the model fixes. -->
  <xsl:function name="dt:fixed" as="attribute()+">
    <xsl:param name="code" as="xs:string"/>
    <xsl:param name="system" as="xs:string"/>
    <xsl:param name="display" as="xs:string"/>
    <xsl:attribute name="code" select="$code"/>
    <xsl:attribute name="displayName" select="$display"/>
    <xsl:attribute name="codeSystem" select="$system"/>
    <xsl:attribute name="codeSystemName" select="$code-system-names($system)"/>
  </xsl:function>

  <xsl:function name="dt:loinc" as="attribute()+">
    <xsl:param name="code" as="xs:string"/>
    <xsl:param name="display" as="xs:string"/>
    <xsl:sequence select="dt:fixed($code, '2.16.840.1.113883.6.1', $display)"/>
  </xsl:function>

  <!-- Terminologie CI-SIS (TA_ASIP). -->
  <xsl:function name="dt:ta" as="attribute()+">
    <xsl:param name="code" as="xs:string"/>
    <xsl:param name="display" as="xs:string"/>
    <xsl:sequence select="dt:fixed($code, '1.2.250.1.213.1.1.4.322', $display)"/>
  </xsl:function>

  <!-- IVL_TS: low and high, or the nullFlavor where neither end is known. -->
  <xsl:function name="dt:interval" as="node()+">
    <xsl:param name="period" as="element()?"/>
    <xsl:param name="unknown" as="xs:string?"/>
    <xsl:if test="not($period)"><xsl:attribute name="nullFlavor" select="$unknown"/></xsl:if>
    <xsl:if test="$period/@start"><low value="{dt:ts($period/@start)}"/></xsl:if>
    <xsl:if test="$period/@end"><high value="{dt:ts($period/@end)}"/></xsl:if>
  </xsl:function>

  <!-- The time of an observation: a moment, a period, or the nullFlavor where nothing is known of it.
       FR-Simple-Observation wants a low where there is a high: one that is not known is said to be unknown. -->
  <xsl:function name="dt:effective" as="element(cda:effectiveTime)?">
    <xsl:param name="time" as="element()?"/>
    <xsl:param name="unknown" as="xs:string?"/>
    <xsl:variable name="moment" as="node()?" select="($time/@at, $time/text())[1]"/>
    <xsl:choose>
      <xsl:when test="$moment"><effectiveTime value="{dt:ts($moment)}"/></xsl:when>
      <xsl:when test="$time/@end and not($time/@start)">
        <effectiveTime><low nullFlavor="UNK"/><high value="{dt:ts($time/@end)}"/></effectiveTime>
      </xsl:when>
      <xsl:when test="$time or $unknown"><effectiveTime><xsl:sequence select="dt:interval($time, $unknown)"/></effectiveTime></xsl:when>
    </xsl:choose>
  </xsl:function>

  <!-- TEL -->
  <xsl:function name="dt:telecoms" as="element(cda:telecom)*">
    <xsl:param name="owner" as="element()"/>
    <xsl:for-each select="$owner/o:telecom">
      <telecom><xsl:copy-of select="@value, @use"/></telecom>
    </xsl:for-each>
  </xsl:function>

  <!-- AD: free lines or named parts, in the order of the schema of the order. -->
  <xsl:function name="dt:addresses" as="element(cda:addr)*">
    <xsl:param name="addresses" as="element()*"/>
    <xsl:for-each select="$addresses">
      <addr>
        <xsl:copy-of select="@use"/>
        <xsl:for-each select="o:line"><streetAddressLine>{.}</streetAddressLine></xsl:for-each>
        <xsl:for-each select="o:house-number"><houseNumber>{.}</houseNumber></xsl:for-each>
        <xsl:for-each select="o:street-name"><streetName>{.}</streetName></xsl:for-each>
        <xsl:for-each select="o:street-name-type"><streetNameType>{.}</streetNameType></xsl:for-each>
        <xsl:for-each select="o:additional-locator"><additionalLocator>{.}</additionalLocator></xsl:for-each>
        <xsl:for-each select="o:unit-id"><unitID>{.}</unitID></xsl:for-each>
        <xsl:for-each select="o:post-box"><postBox>{.}</postBox></xsl:for-each>
        <xsl:for-each select="o:precinct"><precinct>{.}</precinct></xsl:for-each>
        <xsl:for-each select="o:postal-code"><postalCode>{.}</postalCode></xsl:for-each>
        <xsl:for-each select="o:city"><city>{.}</city></xsl:for-each>
        <xsl:for-each select="o:county"><county>{.}</county></xsl:for-each>
        <xsl:for-each select="o:state"><state>{.}</state></xsl:for-each>
        <xsl:for-each select="o:country"><country>{.}</country></xsl:for-each>
      </addr>
    </xsl:for-each>
  </xsl:function>

  <!-- The same, or the nullFlavor that the official examples use for a relative without an address. -->
  <xsl:function name="dt:addresses-or-nav" as="element(cda:addr)+">
    <xsl:param name="owner" as="element()"/>
    <xsl:sequence select="dt:addresses($owner/o:address)"/>
    <xsl:if test="not($owner/o:address)"><addr nullFlavor="NAV"/></xsl:if>
  </xsl:function>

  <!-- PN of a professional or a relative: the header has room for one family name and one forename, the used ones first. -->
  <xsl:function name="dt:name" as="element(cda:name)">
    <xsl:param name="name" as="element(o:name)"/>
    <name>
      <xsl:for-each select="$name/o:prefix"><prefix>{.}</prefix></xsl:for-each>
      <xsl:sequence select="dt:given($name)[1], dt:family($name)[1]"/>
      <xsl:for-each select="$name/o:suffix"><suffix>{.}</suffix></xsl:for-each>
    </name>
  </xsl:function>

  <!-- PN of a legal guardian, who has his names of birth and of use, as the patient. -->
  <xsl:function name="dt:names" as="element(cda:name)">
    <xsl:param name="name" as="element(o:name)"/>
    <name>
      <xsl:for-each select="$name/o:prefix"><prefix>{.}</prefix></xsl:for-each>
      <xsl:sequence select="dt:given($name), dt:family($name)"/>
      <xsl:for-each select="$name/o:suffix"><suffix>{.}</suffix></xsl:for-each>
    </name>
  </xsl:function>

  <xsl:function name="dt:given" as="element(cda:given)*">
    <xsl:param name="name" as="element(o:name)"/>
    <xsl:for-each select="$name/o:used-given"><given qualifier="CL">{.}</given></xsl:for-each>
    <xsl:for-each select="$name/o:given"><given>{.}</given></xsl:for-each>
    <xsl:for-each select="$name/o:birth-given"><given qualifier="BR">{.}</given></xsl:for-each>
  </xsl:function>

  <xsl:function name="dt:family" as="element(cda:family)+">
    <xsl:param name="name" as="element(o:name)"/>
    <xsl:for-each select="$name/o:used-family"><family qualifier="CL">{.}</family></xsl:for-each>
    <xsl:for-each select="$name/o:birth-family"><family qualifier="BR">{.}</family></xsl:for-each>
    <xsl:if test="not($name/(o:birth-family, o:used-family))"><family>{$name/o:family}</family></xsl:if>
  </xsl:function>
</xsl:package>
