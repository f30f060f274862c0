<?xml version="1.0" encoding="UTF-8"?>
<!-- Narrative read backwards: what an entry refers to, what a table says under a heading. Functions "n:*".
     Source: IMG-DA-IMG 2024.01 and 2022.01, tables of the official examples; docs/models.md. -->
<xsl:package name="urn:x-bridge:to-order:narrative" package-version="1.0" version="3.0" expand-text="yes"
    xmlns:n="urn:x-bridge:to-order:narrative" xmlns:r="urn:x-bridge:to-order:datatypes" xmlns:x="urn:x-bridge:source"
    xmlns:cda="urn:hl7-org:v3" xmlns="urn:x-bridge:order" xmlns:xs="http://www.w3.org/2001/XMLSchema"
    xmlns:xsl="http://www.w3.org/1999/XSL/Transform" exclude-result-prefixes="n r cda xs">
  <xsl:use-package name="urn:x-bridge:to-order:datatypes" package-version="1.*"/>

  <xsl:expose component="function" names="n:*" visibility="public"/>
  <xsl:key name="n:id" match="*[@ID]" use="@ID"/>

  <!-- What the reference of a text or an originalText leads to; the sharp sign may be missing. -->
  <xsl:function name="n:target" as="element()?">
    <xsl:param name="text" as="element()*"/>
    <xsl:sequence select="($text/cda:reference/key('n:id', replace(normalize-space(@value), '^#', '')))[1]"/>
  </xsl:function>

  <!-- What bears an ID. -->
  <xsl:function name="n:identified" as="element()?">
    <xsl:param name="document" as="element()"/>
    <xsl:param name="id" as="xs:string"/>
    <xsl:sequence select="key('n:id', $id, root($document))[1]"/>
  </xsl:function>

  <!-- What a text says: what it refers to, else its own words. -->
  <xsl:function name="n:source" as="element()?">
    <xsl:param name="text" as="element()*"/>
    <xsl:sequence select="(n:target($text), r:filled($text))[1]"/>
  </xsl:function>

  <!-- The row that holds an element. -->
  <xsl:function name="n:row" as="element()?">
    <xsl:param name="inside" as="element()*"/>
    <xsl:sequence select="$inside[1]/ancestor::cda:tr[1]"/>
  </xsl:function>

  <!-- The cell of a row under the heading that begins with a word. -->
  <xsl:function name="n:cell" as="element(cda:td)?">
    <xsl:param name="row" as="element()?"/>
    <xsl:param name="heading" as="xs:string"/>
    <xsl:variable name="column" as="xs:integer?"
        select="$row/ancestor::cda:table[1]/cda:thead[1]/cda:tr[1]/cda:th[starts-with(normalize-space(), $heading)][1]/count((., preceding-sibling::cda:th))"/>
    <xsl:sequence select="$row/cda:td[position() = $column]"/>
  </xsl:function>

  <!-- The cell, or what an ID marks in it, of the table of one column with this heading. -->
  <xsl:function name="n:column" as="element()?">
    <xsl:param name="narrative" as="element(cda:text)*"/>
    <xsl:param name="heading" as="xs:string"/>
    <xsl:variable name="cell" as="element()?"
        select="($narrative//cda:tbody/cda:tr ! n:cell(., $heading))[1]"/>
    <xsl:sequence select="r:filled(($cell/cda:content[@ID][not($cell/(* except .)) and not($cell/text()[normalize-space()])], $cell)[1])"/>
  </xsl:function>

  <!-- A cell that says something: not empty and not a dash. -->
  <xsl:function name="n:stated" as="element()*">
    <xsl:param name="cell" as="element()*"/>
    <xsl:sequence select="$cell[not(normalize-space() = ('', '-', '–', '—'))]"/>
  </xsl:function>
</xsl:package>
