<?xml version="1.0" encoding="UTF-8"?>
<!-- Entries read backwards. One rule per kind of entry, mode "e:entry"; the coded entry comes first, the narrative where the model
     carries a text only there. Source: IMG-DA-IMG 2024.01 and 2022.01; docs/models.md, "2022.01". -->
<xsl:package name="urn:x-bridge:to-order:entries" package-version="1.0" version="3.0" expand-text="yes"
    xmlns:e="urn:x-bridge:to-order:entries" xmlns:n="urn:x-bridge:to-order:narrative" xmlns:h="urn:x-bridge:to-order:header"
    xmlns:r="urn:x-bridge:to-order:datatypes" xmlns:x="urn:x-bridge:source" xmlns:o="urn:x-bridge:order" xmlns:cda="urn:hl7-org:v3"
    xmlns="urn:x-bridge:order" xmlns:xs="http://www.w3.org/2001/XMLSchema"
    xmlns:xsl="http://www.w3.org/1999/XSL/Transform" exclude-result-prefixes="e n h r o cda xs">
  <xsl:use-package name="urn:x-bridge:to-order:datatypes" package-version="1.*"/>
  <xsl:use-package name="urn:x-bridge:to-order:narrative" package-version="1.*">
    <xsl:accept component="function" names="n:*" visibility="public"/>
  </xsl:use-package>
  <xsl:use-package name="urn:x-bridge:to-order:header" package-version="1.*">
    <xsl:accept component="*" names="h:*" visibility="public"/>
  </xsl:use-package>

  <xsl:expose component="*" names="e:*" visibility="public"/>
  <xsl:mode name="e:entry" on-no-match="fail" on-multiple-match="fail" visibility="public"/>

  <!-- What was withdrawn is no fact: it is not read, and so it stands among the losses. -->
  <xsl:function name="e:valid" as="element()*">
    <xsl:param name="entries" as="element()*"/>
    <xsl:sequence select="$entries[not(cda:statusCode/@code = ('aborted', 'cancelled', 'nullified', 'obsolete'))]"/>
  </xsl:function>

  <!-- The observations of a section that answer one question. -->
  <xsl:function name="e:observations" as="element()*">
    <xsl:param name="section" as="element()?"/>
    <xsl:param name="code" as="xs:string"/>
    <xsl:sequence select="e:valid($section/cda:entry/cda:observation[cda:code/@code = $code])[not(@nullFlavor)]"/>
  </xsl:function>

  <!-- Those of them that are not negated. -->
  <xsl:function name="e:stated" as="element()*">
    <xsl:param name="section" as="element()?"/>
    <xsl:param name="code" as="xs:string"/>
    <xsl:sequence select="e:observations($section, $code)[not(@negationInd = 'true')]"/>
  </xsl:function>

  <!-- historique médical -->

  <!-- The text of an antécédent: what the entry refers to, else what it says itself. A negated one is not read. -->
  <xsl:function name="e:history" as="element()?">
    <xsl:param name="section" as="element()?"/>
    <xsl:param name="code" as="xs:string"/>
    <xsl:param name="heading" as="xs:string"/>
    <xsl:variable name="entry" as="element()*" select="e:stated($section, $code)"/>
    <xsl:sequence select="($entry/cda:value/n:source(cda:originalText), $entry/n:source(cda:text),
        $entry/r:filled(cda:value), n:column($section/cda:text, $heading))[1]"/>
  </xsl:function>

  <xsl:template match="cda:observation[cda:code/@code = '64100-1']" mode="e:entry" as="element(o:contraindication)">
    <xsl:variable name="label" as="element()?" select="n:target(cda:value/cda:originalText)"/>
    <xsl:variable name="row" as="element()?" select="n:row($label)"/>
    <xsl:variable name="own" as="element()?" select="n:source(cda:text)[not(. is $label)]"/>
    <xsl:variable name="cell" as="element()?" select="n:cell($row, 'Commentaire')/n:stated((cda:content[@ID][1], .)[1])"/>
    <contraindication x:from="{@x:n}">
      <xsl:sequence select="r:said($row)"/>
      <concept><xsl:sequence select="r:cd(cda:value[1], $label)"/></concept>
      <present><xsl:sequence select="r:took(@negationInd)"/>{not(@negationInd = 'true')}</present>
      <xsl:choose>
        <xsl:when test="$own and e:is-told-before($own, .)">
          <xsl:sequence select="r:issue('IMGDA-1277', .)"/>
        </xsl:when>
        <xsl:when test="r:filled($own)"><comment><xsl:sequence select="r:text($own)"/></comment></xsl:when>
        <xsl:when test="$cell and not(e:is-told-before($cell, .))">
          <comment><xsl:sequence select="r:text($cell)"/></comment>
          <xsl:sequence select="r:issue('IMGDA-1278', .)"/>
        </xsl:when>
      </xsl:choose>
      <xsl:sequence select="r:effective('date', cda:effectiveTime)"/>
      <xsl:for-each select="cda:id[@root][1]"><id><xsl:sequence select="r:ii(.)"/></id></xsl:for-each>
      <xsl:sequence select="e:contradiction(n:cell($row, 'Réponse'), not(@negationInd = 'true'))"/>
    </contraindication>
  </xsl:template>

  <!-- Whether an entry before this one, of the same section, has that narrative for its text. -->
  <xsl:function name="e:is-told-before" as="xs:boolean">
    <xsl:param name="narrative" as="element()"/>
    <xsl:param name="entry" as="element()"/>
    <xsl:sequence select="exists(key('e:told', generate-id($narrative), root($entry))[. &lt;&lt; $entry][../.. is $entry/../..])"/>
  </xsl:function>

  <xsl:key name="e:told" match="cda:entry/cda:observation" use="e:valid(.)/cda:text/n:target(.)/generate-id()"/>

  <!-- A narrative "Oui" beside a coded "non", or the contrary. -->
  <xsl:function name="e:contradiction" as="element(x:issue)?">
    <xsl:param name="shown" as="element()?"/>
    <xsl:param name="coded" as="xs:boolean"/>
    <xsl:variable name="said" as="xs:string" select="lower-case(normalize-space($shown))"/>
    <xsl:if test="$said = ('oui', 'non') and ($said eq 'oui') ne $coded">
      <xsl:sequence select="r:issue('IMGDA-1301', $shown)"/>
    </xsl:if>
  </xsl:function>

  <xsl:template match="cda:observation[cda:code/@code = 'ORG-192']" mode="e:entry" as="element(o:care-information)">
    <xsl:variable name="label" as="element()?" select="(n:target(cda:value/cda:originalText), n:target(cda:text))[1]"/>
    <care-information x:from="{@x:n}">
      <concept><xsl:sequence select="r:cd(cda:value[1], $label)"/></concept>
      <xsl:sequence select="r:effective('date', cda:effectiveTime)"/>
    </care-information>
  </xsl:template>

  <!-- information du patient -->

  <xsl:template match="cda:observation[cda:code/@code = 'MED-1130']" mode="e:entry" as="element()*">
    <xsl:variable name="target" as="element()?" select="n:target(cda:text)"/>
    <xsl:variable name="row" as="element()?" select="n:row($target)"/>
    <xsl:for-each select="cda:value[@value][1]">
      <patient-informed><xsl:sequence select="r:from(.), r:said(($row, $target))"/>{@value = ('true', '1')}</patient-informed>
      <xsl:sequence select="e:contradiction($row/cda:td[2], @value = ('true', '1'))"/>
    </xsl:for-each>
    <xsl:sequence select="r:effective('patient-informed-at', cda:effectiveTime)"/>
  </xsl:template>

  <!-- The official examples put the ID around the question: the answer is the next cell. -->
  <xsl:template match="cda:observation[cda:code/@code = '99622-3']" mode="e:entry" as="element()*">
    <xsl:variable name="target" as="element()?" select="n:source(cda:text)"/>
    <xsl:variable name="asked" as="xs:boolean"
        select="exists($target/ancestor::cda:td[following-sibling::cda:td]) and starts-with(normalize-space($target), 'Autres informations')"/>
    <xsl:variable name="answer" as="element()?"
        select="if ($asked) then $target/ancestor::cda:td[1]/following-sibling::cda:td[1] else $target"/>
    <xsl:for-each select="if ($asked) then n:stated($answer) else r:filled($answer)">
      <patient-information><xsl:sequence select="r:text(.)"/></patient-information>
      <xsl:if test="$asked"><xsl:sequence select="r:issue('IMGDA-1276', $target)"/></xsl:if>
    </xsl:for-each>
    <xsl:if test="r:filled($answer)"><xsl:sequence select="r:effective('patient-information-at', cda:effectiveTime)"/></xsl:if>
  </xsl:template>

  <!-- actes demandés: observations, or the procedures of the draft of 2022.01 -->

  <xsl:template match="cda:entry/cda:observation | cda:entry/cda:procedure" mode="e:entry" as="element(o:act)" priority="-1">
    <xsl:variable name="shown" as="element()?" select="(n:target(cda:code/cda:originalText), n:target(cda:text))[1]"/>
    <act x:from="{@x:n}">
      <xsl:sequence select="r:said((n:row($shown), n:row(n:target(cda:targetSiteCode[1]/cda:originalText))))"/>
      <modality>
        <xsl:sequence select="r:cd(cda:code[1]), e:wording(cda:code, $shown), r:translations(cda:code)"/>
      </modality>
      <xsl:apply-templates select="cda:targetSiteCode[@code or e:in-words(.)]" mode="e:entry"/>
      <xsl:for-each select="cda:id[@root][@extension or position() gt 1]"><id><xsl:sequence select="r:ii(.)"/></id></xsl:for-each>
      <xsl:sequence select="e:comment(.)"/>
      <xsl:for-each select="cda:code/cda:qualifier/cda:value[@code][1]">
        <contrast><xsl:sequence select="r:cd(., n:target(cda:originalText))"/></contrast>
      </xsl:for-each>
      <xsl:apply-templates mode="e:entry"
          select="e:valid(cda:entryRelationship/cda:observation[cda:code/@code = ('MED-1133', 'MED-1131')][cda:value/@code])"/>
      <xsl:for-each select="r:dated(cda:effectiveTime)">
        <wanted-by><xsl:sequence select="r:moment((cda:high[@value], .)[1])"/></wanted-by>
      </xsl:for-each>
      <xsl:for-each select="cda:id[1][@root][not(@extension)]">
        <entry-id><xsl:sequence select="r:ii(.)"/></entry-id>
      </xsl:for-each>
      <xsl:if test="self::cda:procedure"><xsl:sequence select="r:issue('IMGDA-1279', .)"/></xsl:if>
      <xsl:if test="cda:statusCode/@code = ('aborted', 'cancelled', 'nullified', 'obsolete')">
        <xsl:sequence select="r:issue('IMGDA-1263', .)"/>
      </xsl:if>
      <xsl:if test="@negationInd = 'true'"><xsl:sequence select="r:issue('IMGDA-1264', .)"/></xsl:if>
    </act>
  </xsl:template>

  <!-- The cells that show the date limite, which is that of each act. -->
  <xsl:function name="e:days" as="attribute(x:days)?">
    <xsl:param name="document" as="element()"/>
    <xsl:variable name="cells" as="element()*"
        select="root($document)/key('e:heading', 'Date limite')/n:cell(../../../cda:tbody/cda:tr[1], 'Date limite')"/>
    <xsl:if test="$cells"><xsl:attribute name="x:days" select="$cells/@x:n"/></xsl:if>
  </xsl:function>

  <xsl:key name="e:heading" match="cda:thead/cda:tr/cda:th" use="substring(normalize-space(), 1, 11)"/>

  <!-- The sender's wording of a modality or a site; Python drops it where it is the label itself. -->
  <xsl:function name="e:wording" as="element(o:text)?">
    <xsl:param name="code" as="element()"/>
    <xsl:param name="shown" as="element()?"/>
    <xsl:for-each select="r:filled(($shown, $code/cda:originalText)[1])">
      <text><xsl:sequence select="r:text(.)"/></text>
    </xsl:for-each>
  </xsl:function>

  <xsl:template match="cda:targetSiteCode" mode="e:entry" as="element(o:site)">
    <site x:from="{@x:n}">
      <xsl:choose>
        <xsl:when test="@code">
          <location>
            <xsl:sequence select="r:cd(.), e:wording(., n:target(cda:originalText)), r:translations(.)"/>
          </location>
        </xsl:when>
        <xsl:otherwise><xsl:sequence select="e:wording(., n:target(cda:originalText))"/></xsl:otherwise>
      </xsl:choose>
      <xsl:sequence select="e:modifiers(.)"/>
    </site>
  </xsl:template>

  <!-- Whether a site stands in words: no code of the value set says it. -->
  <xsl:function name="e:in-words" as="xs:boolean">
    <xsl:param name="site" as="element()"/>
    <xsl:sequence select="$site/@nullFlavor = 'OTH' and exists(e:wording($site, n:target($site/cda:originalText)))"/>
  </xsl:function>

  <!-- Each modifier may hold the next one. -->
  <xsl:function name="e:modifiers" as="element(o:modifier)*">
    <xsl:param name="code" as="element()"/>
    <xsl:for-each select="$code/cda:qualifier[not(cda:name/@code) or cda:name/@code = '106233006']/cda:value[@code]">
      <modifier><xsl:sequence select="r:cd(., n:target(cda:originalText))"/></modifier>
      <xsl:sequence select="e:modifiers(.)"/>
    </xsl:for-each>
  </xsl:function>

  <!-- FR-Commentaire-ER: one comment; several are joined, one a line. -->
  <xsl:function name="e:comment" as="element()*">
    <xsl:param name="act" as="element()"/>
    <xsl:variable name="comments" as="element()*"
        select="e:valid($act/cda:entryRelationship/cda:act[cda:code/@code = '48767-8'])/r:filled(n:source(cda:text))"/>
    <xsl:if test="$comments">
      <comment>
        <xsl:sequence select="r:from($comments)"/>
        <xsl:value-of select="distinct-values($comments ! r:lines(node()))" separator="&#10;"/>
      </comment>
    </xsl:if>
    <xsl:if test="count($comments) gt 1"><xsl:sequence select="r:issue('IMGDA-1290', $act)"/></xsl:if>
  </xsl:function>

  <xsl:template match="cda:entryRelationship/cda:observation" mode="e:entry" as="element(o:function)">
    <function x:from="{@x:n}">
      <concept>
        <xsl:sequence select="r:cd(cda:value[1], (n:target(cda:value/cda:originalText), n:target(cda:text))[1])"/>
      </concept>
      <xsl:sequence select="e:comment(.), r:effective('date', cda:effectiveTime)"/>
    </function>
  </xsl:template>

  <!-- Data of the whole request, which stand in the first entry, or again in each. -->

  <xsl:function name="e:events" as="element()*">
    <xsl:param name="acts" as="element()*"/>
    <xsl:variable name="entries" as="element()*" select="e:valid($acts/cda:entryRelationship/cda:observation[cda:code/@code = 'GEN-296'])"/>
    <xsl:variable name="texts" as="element()*" select="$entries/r:filled(n:source(cda:text)) | ()"/>
    <xsl:if test="$texts">
      <event>
        <xsl:sequence select="r:from($texts)"/>
        <xsl:value-of select="distinct-values($texts ! r:lines(node()))" separator="&#10;"/>
      </event>
      <xsl:sequence select="r:effective('event-at', $entries/cda:effectiveTime)"/>
    </xsl:if>
    <xsl:if test="count($entries) gt 1"><xsl:sequence select="r:issue('IMGDA-1291', $entries[2])"/></xsl:if>
    <xsl:if test="count($texts) gt 1"><xsl:sequence select="r:issue('IMGDA-1290', $entries[2])"/></xsl:if>
  </xsl:function>

  <!-- The wish to be called back: the entry, else the end of the reason in the header. -->
  <xsl:function name="e:callback" as="element()*">
    <xsl:param name="acts" as="element()*"/>
    <xsl:param name="reason" as="element()?"/>
    <xsl:variable name="entries" as="element()*"
        select="e:valid($acts/cda:entryRelationship/cda:observation[cda:code/@code = 'GEN-297'])[cda:value/@value]"/>
    <xsl:variable name="suffixed" as="xs:boolean" select="ends-with(normalize-space($reason), e:callback-suffix())"/>
    <xsl:variable name="wanted" as="xs:boolean"
        select="if ($entries) then $entries[1]/cda:value/@value = ('true', '1') else $suffixed"/>
    <xsl:if test="$entries or $suffixed">
      <callback>
        <xsl:if test="not($reason)"><xsl:attribute name="x:says" select="'Non'"/></xsl:if>
        <xsl:sequence select="r:from($entries/cda:value), r:said($entries/n:row(n:target(cda:text)))"/>{$wanted}</callback>
      <xsl:sequence select="r:effective('callback-at', $entries/cda:effectiveTime)"/>
    </xsl:if>
    <xsl:for-each select="$entries">
      <xsl:sequence select="e:contradiction(n:target(cda:text), cda:value/@value = ('true', '1'))"/>
    </xsl:for-each>
    <xsl:if test="$suffixed and not($entries)"><xsl:sequence select="r:issue('IMGDA-1288', $reason)"/></xsl:if>
    <xsl:if test="$suffixed and not($wanted)"><xsl:sequence select="r:issue('IMGDA-1301', $reason)"/></xsl:if>
    <xsl:if test="count($entries) gt 1"><xsl:sequence select="r:issue('IMGDA-1291', $entries[2])"/></xsl:if>
  </xsl:function>

  <xsl:function name="e:callback-suffix" as="xs:string">
    <xsl:sequence select="'(retour par téléphone souhaité)'"/>
  </xsl:function>

  <!-- Urgency: the event of the header (2024.01), or priorityCode and performer of an act (2022.01), whatever the version says. -->
  <xsl:function name="e:urgency" as="element()*">
    <xsl:param name="document" as="element()"/>
    <xsl:param name="acts" as="element()*"/>
    <xsl:variable name="event" as="element()?" select="$document/cda:documentationOf/cda:serviceEvent[cda:code/@code = 'MED-1095'][1]"/>
    <xsl:variable name="priorities" as="element()*" select="$acts/cda:priorityCode[@code = ('UR', 'EM', 'S', 'A', 'RR', 'CR')]"/>
    <xsl:variable name="performers" as="element()*"
        select="($event/cda:performer, $acts[cda:priorityCode]/cda:performer)/cda:assignedEntity"/>
    <xsl:if test="$event or $priorities">
      <urgency x:from="{($event, $priorities)/@x:n}" x:took="{$event/cda:code ! h:coded(.)}" x:says="Oui">
        <xsl:sequence select="r:said(($priorities/n:row(n:source(cda:originalText)), n:row(e:shown-reason($document))))"/>
        <xsl:sequence select="e:reason($document, $event, $priorities)"/>
        <xsl:for-each select="$performers[1]">
          <contacted>
            <xsl:sequence select="r:said(cda:code/n:target(cda:originalText))"/>
            <xsl:apply-templates select="." mode="h:parts"/>
          </contacted>
        </xsl:for-each>
      </urgency>
      <xsl:for-each select="$performers[position() gt 1]">
        <x:again n="{$performers[1]/@x:n}" of="{@x:n}"/>
      </xsl:for-each>
      <xsl:if test="$priorities"><xsl:sequence select="r:issue('IMGDA-1274', $priorities[1])"/></xsl:if>
    </xsl:if>
  </xsl:function>

  <xsl:function name="e:shown-reason" as="element()?">
    <xsl:param name="document" as="element()"/>
    <xsl:sequence select="n:identified($document, 'justification-urgence')"/>
  </xsl:function>

  <!-- The reason: the words of the header without the wish to be called back, with the line breaks of the narrative if that says the
       same; else what the priority refers to. -->
  <xsl:function name="e:reason" as="element()*">
    <xsl:param name="document" as="element()"/>
    <xsl:param name="event" as="element()?"/>
    <xsl:param name="priorities" as="element()*"/>
    <xsl:variable name="stated" as="element()?" select="r:filled($event/cda:code/cda:originalText)"/>
    <xsl:variable name="shown" as="element()?"
        select="(n:target($event/cda:code/cda:originalText), e:shown-reason($document), $priorities/n:source(cda:originalText))[1]"/>
    <xsl:variable name="words" as="xs:string" select="e:without-suffix(r:lines($stated/node()))"/>
    <xsl:variable name="said" as="xs:string" select="r:lines($shown/node())"/>
    <xsl:choose>
      <xsl:when test="$stated and (not($shown) or normalize-space($said) ne normalize-space($words))">
        <reason><xsl:sequence select="r:took($stated), r:from($shown)"/>{replace($words, '^:\s*', '')}</reason>
        <xsl:if test="starts-with($words, ':')"><xsl:sequence select="r:issue('IMGDA-1287', $stated)"/></xsl:if>
      </xsl:when>
      <xsl:when test="$said ne ''">
        <reason><xsl:sequence select="r:took($stated), r:from($shown)"/>{$said}</reason>
      </xsl:when>
    </xsl:choose>
  </xsl:function>

  <xsl:function name="e:without-suffix" as="xs:string">
    <xsl:param name="reason" as="xs:string"/>
    <xsl:sequence select="if (ends-with($reason, e:callback-suffix()))
        then replace(substring($reason, 1, string-length($reason) - string-length(e:callback-suffix())), '\s+$', '') else $reason"/>
  </xsl:function>

  <!-- documents liés -->

  <xsl:template match="cda:organizer" mode="e:entry" as="element(o:attachment)*">
    <xsl:variable name="about" as="element()?" select="cda:component/cda:observation[cda:code/@code = '69764-9'][1]"/>
    <xsl:for-each select="cda:component/cda:observationMedia[r:filled(cda:value)]">
      <xsl:variable name="row" as="element()?" select="key('e:shown', @ID)[1]/ancestor::cda:table[1]"/>
      <attachment x:from="{@x:n}">
        <xsl:for-each select="($about/n:source(cda:text), $about/cda:value/n:source(cda:originalText), $row//cda:th[1]/r:filled(.))[1]">
          <title><xsl:sequence select="r:text(.)"/></title>
        </xsl:for-each>
        <xsl:for-each select="cda:value[1][@mediaType]">
          <media-type><xsl:sequence select="r:from(.)"/>{normalize-space(tokenize(@mediaType, ';')[1])}</media-type>
        </xsl:for-each>
        <data><xsl:sequence select="r:from(cda:value[1])"/>{normalize-space(cda:value[1])}</data>
        <xsl:for-each select="$about/cda:value[@code]"><type><xsl:sequence select="r:cd(.)"/></type></xsl:for-each>
        <xsl:for-each select="r:dated($about/cda:effectiveTime)"><date><xsl:sequence select="r:moment(.)"/></date></xsl:for-each>
        <xsl:for-each select="cda:value[1][@language]"><language><xsl:sequence select="r:from(.)"/>{@language}</language></xsl:for-each>
        <xsl:for-each select="$about/cda:value/n:source(cda:originalText)[exists($about/n:source(cda:text))]
            [normalize-space() ne normalize-space($about/n:source(cda:text))]">
          <type-text><xsl:sequence select="r:text(.)"/></type-text>
        </xsl:for-each>
      </attachment>
    </xsl:for-each>
  </xsl:template>

  <xsl:key name="e:shown" match="cda:renderMultiMedia" use="tokenize(@referencedObject)"/>
</xsl:package>
