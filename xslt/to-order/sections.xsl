<?xml version="1.0" encoding="UTF-8"?>
<!-- Sections read backwards: the body, rubrique by rubrique. Mode "s:section".
     Source: IMG-DA-IMG 2024.01, section 3.4.2 (the rubriques). -->
<xsl:package name="urn:x-bridge:to-order:sections" package-version="1.0" version="3.0" expand-text="yes"
    xmlns:s="urn:x-bridge:to-order:sections" xmlns:h="urn:x-bridge:to-order:header" xmlns:e="urn:x-bridge:to-order:entries"
    xmlns:n="urn:x-bridge:to-order:narrative" xmlns:r="urn:x-bridge:to-order:datatypes" xmlns:x="urn:x-bridge:source" xmlns:cda="urn:hl7-org:v3"
    xmlns="urn:x-bridge:order" xmlns:xs="http://www.w3.org/2001/XMLSchema"
    xmlns:xsl="http://www.w3.org/1999/XSL/Transform" exclude-result-prefixes="s h e n r cda xs">
  <xsl:use-package name="urn:x-bridge:to-order:datatypes" package-version="1.*"/>
  <xsl:use-package name="urn:x-bridge:to-order:entries" package-version="1.*">
    <xsl:accept component="*" names="h:* e:* n:*" visibility="public"/>
  </xsl:use-package>

  <xsl:expose component="function" names="s:*" visibility="public"/>
  <xsl:mode name="s:section" on-no-match="fail" on-multiple-match="fail" visibility="public"/>

  <xsl:template match="cda:ClinicalDocument" mode="s:section" as="element()*">
    <xsl:variable name="sections" as="element()*" select="cda:component/cda:structuredBody//cda:section"/>
    <xsl:variable name="reason" as="element()?" select="$sections[cda:code/@code = '55115-0'][1]"/>
    <xsl:variable name="history" as="element()?" select="$sections[cda:code/@code = '11329-0'][1]"/>
    <xsl:variable name="information" as="element()?" select="$sections[cda:code/@code = '34895-3'][1]"/>
    <xsl:variable name="plan" as="element()?" select="$sections[cda:code/@code = '18776-5'][1]"/>
    <xsl:variable name="acts" as="element()*" select="$plan/cda:entry/(cda:observation | cda:procedure)[not(@nullFlavor)]"/>
    <xsl:sequence select="s:reason($reason/cda:text)"/>
    <xsl:for-each select="e:history($history, '11348-0', 'Antécédents médicaux')">
      <medical-history><xsl:sequence select="r:text(.)"/></medical-history>
      <xsl:sequence select="r:effective('medical-history-at', e:stated($history, '11348-0')/cda:effectiveTime)"/>
    </xsl:for-each>
    <xsl:for-each select="e:history($history, '47519-4', 'Antécédents chirurgicaux')">
      <surgical-history><xsl:sequence select="r:text(.)"/></surgical-history>
      <xsl:sequence select="r:effective('surgical-history-at', e:stated($history, '47519-4')/cda:effectiveTime)"/>
    </xsl:for-each>
    <xsl:apply-templates select="$acts" mode="e:entry"/>
    <xsl:apply-templates select="e:observations($information, 'MED-1130')[1]" mode="e:entry"/>
    <xsl:sequence select="e:urgency(., $acts), e:callback($acts, cda:documentationOf/cda:serviceEvent[cda:code/@code = 'MED-1095'][1]/cda:code/cda:originalText)"/>
    <xsl:apply-templates select="e:observations($history, '64100-1')[cda:value/@code], e:observations($history, 'ORG-192')[not(@negationInd = 'true')][cda:value/@code],
        e:observations($information, '99622-3')[1]" mode="e:entry"/>
    <xsl:sequence select="e:events($acts)"/>
    <xsl:for-each select="r:filled($sections[cda:code/@code = '30954-2'][1]/cda:text)">
      <prior-results>
        <xsl:sequence select="r:text((cda:paragraph[count(../*) = 1]/cda:content[@ID][count(../*) = 1], .)[1])"/>
      </prior-results>
    </xsl:for-each>
    <xsl:apply-templates select="$sections[cda:code/@code = '55107-7'][1]/cda:entry/cda:organizer" mode="e:entry"/>
  </xsl:template>

  <!-- Justification and finalité stand in the narrative alone: under an ID, under a heading, or as its whole text. -->
  <xsl:function name="s:reason" as="element()*">
    <xsl:param name="text" as="element(cda:text)*"/>
    <xsl:variable name="justification" as="element()?" select="(r:filled($text//cda:content[@ID = 'justification-demande']),
        n:column($text, 'Justification'), r:filled($text[not(.//cda:table)]))[1]"/>
    <xsl:variable name="purpose" as="element()?"
        select="(r:filled($text//cda:content[@ID = 'finalite-examen']), n:stated(n:column($text, 'Finalité')))[1]"/>
    <xsl:for-each select="$justification"><justification><xsl:sequence select="r:text(.)"/></justification></xsl:for-each>
    <xsl:for-each select="$purpose"><purpose><xsl:sequence select="r:text(.)"/></purpose></xsl:for-each>
  </xsl:function>
</xsl:package>
