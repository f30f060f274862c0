<?xml version="1.0" encoding="UTF-8"?>
<!-- Datatypes read backwards: from HL7 V3 values (II, CD, TS, IVL_TS, PN, AD, TEL, ED) to the values of the order.

     Every element of the document bears its number, x:n. What is read says where it was read: x:from lists the elements whose
     values stand here, x:took the attributes ("12@negationInd") or texts ("12") that decided it, x:said the narrative that repeats
     it, and all that is in it, in words, with what x:says adds. bridge/cda/losses.py compares; what nothing claims, or claims wrongly, is reported. x:issue is a finding.
     Source: CI-SIS, Structuration minimale; HL7 V3 datatypes R1. -->
<xsl:package name="urn:x-bridge:to-order:datatypes" package-version="1.0" version="3.0" expand-text="yes"
    xmlns:r="urn:x-bridge:to-order:datatypes" xmlns:x="urn:x-bridge:source" xmlns:o="urn:x-bridge:order" xmlns:cda="urn:hl7-org:v3"
    xmlns="urn:x-bridge:order" xmlns:xs="http://www.w3.org/2001/XMLSchema"
    xmlns:xsl="http://www.w3.org/1999/XSL/Transform" exclude-result-prefixes="r o cda xs">

  <xsl:expose component="function" names="r:*" visibility="final"/>
  <xsl:mode name="r:lines" on-no-match="shallow-skip" visibility="private"/>

  <!-- what was read where -->

  <xsl:function name="r:from" as="attribute(x:from)?">
    <xsl:param name="nodes" as="element()*"/>
    <xsl:if test="$nodes"><xsl:attribute name="x:from" select="$nodes/@x:n"/></xsl:if>
  </xsl:function>

  <xsl:function name="r:took" as="attribute(x:took)?">
    <xsl:param name="node" as="node()?"/>
    <xsl:choose>
      <xsl:when test="$node instance of attribute()">
        <xsl:attribute name="x:took" select="$node/../@x:n || '@' || local-name($node)"/>
      </xsl:when>
      <xsl:when test="$node"><xsl:attribute name="x:took" select="$node/@x:n"/></xsl:when>
    </xsl:choose>
  </xsl:function>

  <xsl:function name="r:said" as="attribute(x:said)?">
    <xsl:param name="nodes" as="element()*"/>
    <xsl:if test="$nodes"><xsl:attribute name="x:said" select="$nodes/@x:n"/></xsl:if>
  </xsl:function>

  <xsl:function name="r:issue" as="element(x:issue)">
    <xsl:param name="code" as="xs:string"/>
    <xsl:param name="node" as="element()"/>
    <x:issue code="{$code}" n="{$node/@x:n}"/>
  </xsl:function>

  <!-- texts -->

  <!-- The text of nodes. A br is a line break, a block begins a line; a break in the source of the XML is a space. Inside, the
       carriage return stands for the latter and the line separator for the edge of a block. -->
  <xsl:function name="r:lines" as="xs:string">
    <xsl:param name="nodes" as="node()*"/>
    <xsl:variable name="parts" as="xs:string*"><xsl:apply-templates select="$nodes" mode="r:lines"/></xsl:variable>
    <xsl:sequence select="string-join($parts)
        => replace('[\r\s&#x2028;]*&#x2028;[\r\s&#x2028;]*', '&#10;') => replace('\r*\n\r*', '&#10;')
        => replace('^\s+|\s+$', '') => translate('&#13;', ' ')"/>
  </xsl:function>

  <xsl:template match="text()" mode="r:lines" as="xs:string">
    <xsl:sequence select="replace(., '[ \t]*\n\s*', '&#13;')"/>
  </xsl:template>

  <xsl:template match="cda:br" mode="r:lines" as="xs:string"><xsl:sequence select="'&#10;'"/></xsl:template>

  <xsl:template match="cda:paragraph | cda:item | cda:tr | cda:caption" mode="r:lines" as="xs:string*">
    <xsl:sequence select="'&#x2028;'"/>
    <xsl:apply-templates mode="#current"/>
    <xsl:sequence select="'&#x2028;'"/>
  </xsl:template>

  <xsl:template match="cda:td[preceding-sibling::*] | cda:th[preceding-sibling::*]" mode="r:lines" as="xs:string*">
    <xsl:sequence select="' | '"/>
    <xsl:apply-templates mode="#current"/>
  </xsl:template>

  <!-- An element's text and where it stands; nothing where it is empty. -->
  <xsl:function name="r:text" as="node()*">
    <xsl:param name="element" as="element()?"/>
    <xsl:variable name="text" as="xs:string" select="
        if (not($element/*) and normalize-space($element) eq string($element)) then string($element) else r:lines($element/node())"/>
    <xsl:if test="$text ne ''"><xsl:sequence select="r:from($element)"/><xsl:value-of select="$text"/></xsl:if>
  </xsl:function>

  <!-- Those elements that hold a text. -->
  <xsl:function name="r:filled" as="element()*">
    <xsl:param name="elements" as="element()*"/>
    <xsl:sequence select="$elements[normalize-space() ne '']"/>
  </xsl:function>

  <!-- TS as ISO 8601 at its precision; an hour is written to the second, an offset with four digits (+100 is +01:00).
       What is no TS comes back as it is, and is refused. -->
  <xsl:function name="r:iso" as="xs:string">
    <xsl:param name="sent" as="xs:string"/>
    <xsl:variable name="ts" as="xs:string" select="replace($sent, '([+\-])(\d|\d\d\d)$', '$10$2') => replace('([+\-]\d\d)$', '$100')"/>
    <xsl:variable name="shape" as="xs:string"
        select="'^(\d{4})(\d\d)?(\d\d)?(\d\d)?(\d\d)?(\d\d)?(\.\d+)?([+\-]\d\d)?(\d\d)?$'"/>
    <xsl:variable name="part" as="xs:string*"
        select="if (matches($ts, $shape)) then tokenize(replace($ts, $shape, '$1|$2|$3|$4|$5|$6|$8|$9'), '\|') else ()"/>
    <xsl:variable name="day" as="xs:string" select="string-join($part[position() le 3][. ne ''], '-')"/>
    <xsl:choose>
      <xsl:when test="empty($part)"><xsl:sequence select="$sent"/></xsl:when>
      <xsl:when test="$part[4] eq ''"><xsl:sequence select="$day"/></xsl:when>
      <xsl:otherwise>
        <xsl:sequence select="$day || 'T' || string-join($part[position() = (4, 5, 6)] ! (.[. ne ''], '00')[1], ':')
            || string-join($part[position() = (7, 8)][. ne ''], ':')"/>
      </xsl:otherwise>
    </xsl:choose>
  </xsl:function>

  <!-- A moment and where it stands. -->
  <xsl:function name="r:moment" as="node()*">
    <xsl:param name="ts" as="element()?"/>
    <xsl:variable name="known" as="element()?" select="($ts[@value], $ts/cda:low[@value], $ts/cda:high[@value])[1]"/>
    <xsl:if test="$known"><xsl:sequence select="r:from($known)"/><xsl:value-of select="r:iso($known/@value)"/></xsl:if>
  </xsl:function>

  <!-- Whether a TS or IVL_TS tells anything. -->
  <xsl:function name="r:dated" as="element()*">
    <xsl:param name="times" as="element()*"/>
    <xsl:sequence select="$times[@value or cda:low/@value or cda:high/@value]"/>
  </xsl:function>

  <!-- IVL_TS; a single moment is a start. -->
  <xsl:function name="r:period" as="attribute()*">
    <xsl:param name="interval" as="element()"/>
    <xsl:variable name="start" as="attribute()?" select="($interval/cda:low/@value, $interval/@value)[1]"/>
    <xsl:sequence select="r:from($interval/(., cda:low, cda:high))"/>
    <xsl:if test="$start"><xsl:attribute name="start" select="r:iso($start)"/></xsl:if>
    <xsl:if test="$interval/cda:high/@value">
      <xsl:attribute name="end" select="r:iso($interval/cda:high/@value)"/>
    </xsl:if>
  </xsl:function>

  <!-- The time of an observation: a moment, or a period. -->
  <xsl:function name="r:effective" as="element()?">
    <xsl:param name="name" as="xs:string"/>
    <xsl:param name="time" as="element()*"/>
    <xsl:for-each select="r:dated($time)[1]">
      <xsl:element name="{$name}">
        <xsl:choose>
          <xsl:when test="@value"><xsl:sequence select="r:from(.)"/><xsl:attribute name="at" select="r:iso(@value)"/></xsl:when>
          <xsl:otherwise><xsl:sequence select="r:period(.)"/></xsl:otherwise>
        </xsl:choose>
      </xsl:element>
    </xsl:for-each>
  </xsl:function>

  <!-- II; a UUID is written in upper case. -->
  <xsl:function name="r:ii" as="attribute()+">
    <xsl:param name="id" as="element()"/>
    <xsl:attribute name="root" select="if (matches($id/@root, '^[0-9a-fA-F]{8}-')) then upper-case($id/@root) else $id/@root"/>
    <xsl:sequence select="$id/@extension[. ne ''], r:from($id)"/>
  </xsl:function>

  <!-- CD, CE -->
  <xsl:function name="r:cd" as="attribute()+">
    <xsl:param name="code" as="element()"/>
    <xsl:sequence select="r:cd($code, ())"/>
  </xsl:function>

  <!-- CD and the narrative that shows it. -->
  <xsl:function name="r:cd" as="attribute()+">
    <xsl:param name="code" as="element()"/>
    <xsl:param name="shown" as="element()?"/>
    <xsl:attribute name="code" select="normalize-space($code/@code)"/>
    <xsl:attribute name="system" select="($code/@codeSystem, '')[1]"/>
    <xsl:if test="$code/@displayName[normalize-space() ne '']">
      <xsl:attribute name="display" select="normalize-space($code/@displayName)"/>
    </xsl:if>
    <xsl:sequence select="r:from(($code, $shown))"/>
  </xsl:function>

  <!-- An original text in the code itself. -->
  <xsl:function name="r:inline" as="element(o:text)*">
    <xsl:param name="code" as="element()"/>
    <xsl:for-each select="$code/r:filled(cda:originalText)"><text><xsl:sequence select="r:text(.)"/></text></xsl:for-each>
  </xsl:function>

  <xsl:function name="r:translations" as="element(o:translation)*">
    <xsl:param name="code" as="element()"/>
    <xsl:for-each select="$code/cda:translation[@code and @codeSystem]">
      <translation><xsl:sequence select="r:cd(.)"/></translation>
    </xsl:for-each>
  </xsl:function>

  <!-- TEL -->
  <xsl:function name="r:telecoms" as="element(o:telecom)*">
    <xsl:param name="owner" as="element()"/>
    <xsl:for-each select="$owner/cda:telecom[@value]">
      <telecom value="{normalize-space(@value)}">
        <xsl:if test="@use[normalize-space() ne '']"><xsl:attribute name="use" select="tokenize(@use)[1]"/></xsl:if>
        <xsl:sequence select="r:from(.)"/>
      </telecom>
    </xsl:for-each>
  </xsl:function>

  <!-- AD: lines, or named parts; where both stand together (which the suites refuse), all become lines. -->
  <xsl:function name="r:addresses" as="element(o:address)*">
    <xsl:param name="owner" as="element()"/>
    <xsl:for-each select="r:filled($owner/cda:addr)">
      <address>
        <xsl:if test="@use[normalize-space() ne '']"><xsl:attribute name="use" select="tokenize(@use)[1]"/></xsl:if>
        <xsl:choose>
          <xsl:when test="not(*)"><xsl:sequence select="r:from(.)"/><line><xsl:sequence select="r:text(.)"/></line></xsl:when>
          <xsl:when test="cda:streetAddressLine">
            <xsl:sequence select="r:from(.)"/>
            <xsl:for-each select="r:filled(*)"><line><xsl:sequence select="r:text(.)"/></line></xsl:for-each>
            <xsl:if test="* except cda:streetAddressLine"><xsl:sequence select="r:issue('IMGDA-1295', .)"/></xsl:if>
          </xsl:when>
          <xsl:otherwise><xsl:sequence select="r:from(.), r:parts(.)"/></xsl:otherwise>
        </xsl:choose>
      </address>
    </xsl:for-each>
  </xsl:function>

  <xsl:function name="r:parts" as="element()*">
    <xsl:param name="addr" as="element(cda:addr)"/>
    <xsl:for-each select="$addr">
      <xsl:for-each select="r:filled(cda:houseNumber | cda:houseNumberNumeric)[1]"><house-number><xsl:sequence select="r:text(.)"/></house-number></xsl:for-each>
      <xsl:for-each select="r:filled(cda:streetName)[1]"><street-name><xsl:sequence select="r:text(.)"/></street-name></xsl:for-each>
      <xsl:for-each select="r:filled(cda:streetNameType)[1]"><street-name-type><xsl:sequence select="r:text(.)"/></street-name-type></xsl:for-each>
      <xsl:for-each select="r:filled(cda:additionalLocator)[1]"><additional-locator><xsl:sequence select="r:text(.)"/></additional-locator></xsl:for-each>
      <xsl:for-each select="r:filled(cda:unitID)[1]"><unit-id><xsl:sequence select="r:text(.)"/></unit-id></xsl:for-each>
      <xsl:for-each select="r:filled(cda:postBox)[1]"><post-box><xsl:sequence select="r:text(.)"/></post-box></xsl:for-each>
      <xsl:for-each select="r:filled(cda:precinct)[1]"><precinct><xsl:sequence select="r:text(.)"/></precinct></xsl:for-each>
      <xsl:for-each select="r:filled(cda:postalCode)[1]"><postal-code><xsl:sequence select="r:text(.)"/></postal-code></xsl:for-each>
      <xsl:for-each select="r:filled(cda:city)[1]"><city><xsl:sequence select="r:text(.)"/></city></xsl:for-each>
      <xsl:for-each select="r:filled(cda:county)[1]"><county><xsl:sequence select="r:text(.)"/></county></xsl:for-each>
      <xsl:for-each select="r:filled(cda:state)[1]"><state><xsl:sequence select="r:text(.)"/></state></xsl:for-each>
      <xsl:for-each select="r:filled(cda:country)[1]"><country><xsl:sequence select="r:text(.)"/></country></xsl:for-each>
    </xsl:for-each>
  </xsl:function>

  <!-- PN of a professional or a relative; several forenames are one text. A name that is only text is taken as the family name.
       BR is of birth, CL is used; beside one of them a family name without a qualifier stands for the other one. -->
  <xsl:function name="r:names" as="element(o:name)?">
    <xsl:param name="person" as="element()?"/>
    <xsl:for-each select="r:filled($person/cda:name)[1]">
      <name>
        <xsl:variable name="plain" as="element()*" select="r:filled(cda:family[not(@qualifier = ('BR', 'CL'))])"/>
        <xsl:variable name="birth" as="element()?" select="r:filled(cda:family[@qualifier = 'BR'])[1]"/>
        <xsl:variable name="used" as="element()*"
            select="(r:filled(cda:family[@qualifier = 'CL'])[1], if ($birth) then $plain else ())[1]"/>
        <xsl:choose>
          <xsl:when test="r:filled(cda:family)">
            <family><xsl:sequence select="r:joined(($used, $plain[not($birth)], $birth)[1] | $plain[not($used or $birth)])"/></family>
          </xsl:when>
          <xsl:when test="not(*)">
            <family><xsl:sequence select="r:text(.)"/></family>
            <xsl:sequence select="r:issue('IMGDA-1294', .)"/>
          </xsl:when>
        </xsl:choose>
        <xsl:variable name="givens" as="element()*" select="r:filled(cda:given[not(@qualifier = ('BR', 'CL'))])"/>
        <xsl:if test="$givens"><given><xsl:sequence select="r:joined($givens)"/></given></xsl:if>
        <xsl:for-each select="r:filled(cda:prefix)[1]"><prefix><xsl:sequence select="r:text(.)"/></prefix></xsl:for-each>
        <xsl:for-each select="r:filled(cda:suffix)[1]"><suffix><xsl:sequence select="r:text(.)"/></suffix></xsl:for-each>
        <xsl:for-each select="$birth"><birth-family><xsl:sequence select="r:text(.)"/></birth-family></xsl:for-each>
        <xsl:for-each select="r:filled(cda:given[@qualifier = 'BR'])[1]"><birth-given><xsl:sequence select="r:text(.)"/></birth-given></xsl:for-each>
        <xsl:for-each select="$used"><used-family><xsl:sequence select="r:text(.)"/></used-family></xsl:for-each>
        <xsl:for-each select="r:filled(cda:given[@qualifier = 'CL'])[1]"><used-given><xsl:sequence select="r:text(.)"/></used-given></xsl:for-each>
      </name>
    </xsl:for-each>
  </xsl:function>

  <!-- The texts of several elements, as one. -->
  <xsl:function name="r:joined" as="node()*">
    <xsl:param name="elements" as="element()*"/>
    <xsl:sequence select="r:from(r:filled($elements))"/>
    <xsl:value-of select="string-join(r:filled($elements) ! r:lines(node()), ' ')"/>
  </xsl:function>
</xsl:package>
