<?xml version="1.0" encoding="UTF-8"?>
<!-- Narrative: the half of a section that people read. One rule per order element, mode "n:narrative"; every value that an entry
     refers to stands in a content with an ID. Labels and tables: those of the official examples (IMG-DA-IMG 2024.01). -->
<xsl:package name="urn:x-bridge:to-cda:narrative" package-version="1.0" version="3.0" expand-text="yes"
    xmlns:n="urn:x-bridge:to-cda:narrative" xmlns:dt="urn:x-bridge:to-cda:datatypes" xmlns:o="urn:x-bridge:order"
    xmlns:cda="urn:hl7-org:v3" xmlns="urn:hl7-org:v3" xmlns:xs="http://www.w3.org/2001/XMLSchema"
    xmlns:xsl="http://www.w3.org/1999/XSL/Transform" exclude-result-prefixes="#all">
  <xsl:use-package name="urn:x-bridge:to-cda:datatypes" package-version="1.*"/>

  <xsl:expose component="*" names="n:*" visibility="public"/>
  <xsl:mode name="n:narrative" on-no-match="fail" on-multiple-match="fail" visibility="public"/>

  <!-- A text with its line breaks. -->
  <xsl:function name="n:lines" as="node()*">
    <xsl:param name="text" as="xs:string"/>
    <xsl:for-each select="tokenize($text, '\n')">
      <xsl:if test="position() gt 1"><br/></xsl:if>
      <xsl:value-of select="."/>
    </xsl:for-each>
  </xsl:function>

  <!-- A text that an entry refers to. -->
  <xsl:function name="n:content" as="element(cda:content)">
    <xsl:param name="id" as="xs:string"/>
    <xsl:param name="text" as="xs:string"/>
    <content ID="{$id}"><xsl:sequence select="n:lines($text)"/></content>
  </xsl:function>

  <!-- The label of a concept; the sender's own wording, when there is one, below it and referred to in its place. -->
  <xsl:function name="n:concept" as="node()+">
    <xsl:param name="id" as="xs:string"/>
    <xsl:param name="concept" as="element()"/>
    <xsl:if test="$concept/o:text">{$concept/@display}<br/></xsl:if>
    <xsl:sequence select="n:content($id, ($concept/o:text, $concept/@display)[1])"/>
  </xsl:function>

  <!-- A table of one column. -->
  <xsl:function name="n:column" as="element(cda:table)">
    <xsl:param name="heading" as="xs:string"/>
    <xsl:param name="cells" as="element()+"/>
    <table border="0">
      <thead><tr><th>{$heading}</th></tr></thead>
      <tbody><xsl:for-each select="$cells"><tr><td><xsl:sequence select="."/></td></tr></xsl:for-each></tbody>
    </table>
  </xsl:function>

  <!-- Tables, with a line break between two of them. -->
  <xsl:function name="n:tables" as="element()*">
    <xsl:param name="tables" as="element(cda:table)*"/>
    <xsl:for-each select="$tables">
      <xsl:if test="position() gt 1"><br/></xsl:if>
      <xsl:sequence select="."/>
    </xsl:for-each>
  </xsl:function>

  <!-- justification and finalité -->

  <xsl:template match="o:justification" mode="n:narrative" as="element(cda:table)">
    <xsl:sequence select="n:column('Justification de la demande d''examen', n:content('justification-demande', .))"/>
  </xsl:template>

  <xsl:template match="o:purpose" mode="n:narrative" as="element(cda:table)">
    <xsl:sequence select="n:column('Finalité de l''examen', n:content('finalite-examen', .))"/>
  </xsl:template>

  <!-- historique médical -->

  <xsl:template match="o:medical-history" mode="n:narrative" as="element(cda:table)">
    <xsl:sequence select="n:column('Antécédents médicaux', n:content('antecedent-medicaux', .))"/>
  </xsl:template>

  <xsl:template match="o:surgical-history" mode="n:narrative" as="element(cda:table)">
    <xsl:sequence select="n:column('Antécédents chirurgicaux', n:content('antecedent-chirurgicaux', .))"/>
  </xsl:template>

  <!-- Every row says its answer: no label or comment is read as the contrary of its entry. -->
  <xsl:template match="o:contraindication[1]" mode="n:narrative" as="element(cda:table)">
    <xsl:variable name="all" as="element(o:contraindication)+" select="../o:contraindication"/>
    <table border="0">
      <thead><tr><th>Contre-indication</th><th>Réponse</th><th>Commentaire</th></tr></thead>
      <tbody>
        <xsl:for-each select="$all">
          <xsl:variable name="id" as="xs:string" select="dt:ref('contre-indication', position())"/>
          <tr>
            <td><xsl:sequence select="n:content($id, o:concept/@display)"/></td>
            <td>{n:answer(o:present)}</td>
            <td><xsl:sequence select="n:or-dash(o:comment ! n:content($id || '-commentaire', .))"/></td>
          </tr>
        </xsl:for-each>
      </tbody>
    </table>
  </xsl:template>

  <xsl:function name="n:or-dash" as="node()+">
    <xsl:param name="nodes" as="node()*"/>
    <xsl:sequence select="$nodes"/>
    <xsl:if test="empty($nodes)"><xsl:text>-</xsl:text></xsl:if>
  </xsl:function>

  <xsl:template match="o:care-information[1]" mode="n:narrative" as="element(cda:table)">
    <xsl:variable name="cells" as="element(cda:content)+">
      <xsl:for-each select="../o:care-information">
        <xsl:sequence select="n:content(dt:ref('info-pec', position()), o:concept/@display)"/>
      </xsl:for-each>
    </xsl:variable>
    <xsl:sequence select="n:column('Informations pour la prise en charge', $cells)"/>
  </xsl:template>

  <!-- information du patient -->

  <xsl:function name="n:informed-question" as="xs:string">
    <xsl:sequence select="'Le patient a-t-il été informé des risques relatifs à l''examen d''imagerie médicale ?'"/>
  </xsl:function>

  <xsl:template match="o:order" mode="n:narrative" as="element(cda:table)">
    <table border="0">
      <tbody>
        <tr>
          <td><content ID="risque-examen">{n:informed-question()}</content></td>
          <td>{n:answer(o:patient-informed)}</td>
        </tr>
        <xsl:for-each select="o:patient-information">
          <tr>
            <td>Autres informations transmises au patient</td>
            <td><xsl:sequence select="n:content('informations-transmises', .)"/></td>
          </tr>
        </xsl:for-each>
      </tbody>
    </table>
  </xsl:template>

  <xsl:function name="n:answer" as="xs:string">
    <xsl:param name="answer" as="element()?"/>
    <xsl:sequence select="if (empty($answer)) then 'Non précisé' else if ($answer = 'true') then 'Oui' else 'Non'"/>
  </xsl:function>

  <!-- actes demandés -->

  <xsl:template match="o:act[1]" mode="n:narrative" as="element(cda:table)">
    <xsl:variable name="functions" as="xs:boolean" select="../o:act/o:modality/@code = ('PT', 'NM')"/>
    <table border="0">
      <thead>
        <tr>
          <th>Modalité de l'examen</th>
          <th>Commentaire</th>
          <xsl:if test="$functions"><th>Fonction étudiée</th></xsl:if>
          <th>Localisation anatomique</th>
          <th>Précision topographique</th>
        </tr>
      </thead>
      <tbody>
        <xsl:for-each select="../o:act">
          <xsl:variable name="k" as="xs:integer" select="position()"/>
          <tr>
            <td>
              <xsl:sequence select="n:concept(dt:ref('modalite-examen', $k), o:modality)"/>
              <xsl:for-each select="o:contrast">
                <br/><xsl:sequence select="n:content(dt:ref('InjectionPDC-TEP', $k), @display)"/>
              </xsl:for-each>
            </td>
            <td><xsl:sequence select="n:or-dash(o:comment ! n:content(dt:ref('commentaire-modalite', $k), .))"/></td>
            <xsl:if test="$functions"><td><xsl:sequence select="n:functions(., $k)"/></td></xsl:if>
            <td><xsl:sequence select="n:sites(., $k)"/></td>
            <td><xsl:sequence select="n:modifiers(.)"/></td>
          </tr>
        </xsl:for-each>
      </tbody>
    </table>
  </xsl:template>

  <xsl:function name="n:functions" as="node()+">
    <xsl:param name="act" as="element(o:act)"/>
    <xsl:param name="k" as="xs:integer"/>
    <xsl:for-each select="$act/o:function">
      <xsl:variable name="j" as="xs:integer" select="position()"/>
      <xsl:if test="$j gt 1"><br/></xsl:if>
      <xsl:sequence select="n:content(dt:ref('fonction', ($k, $j)), o:concept/@display)"/>
      <xsl:for-each select="o:comment">
        <br/><xsl:sequence select="n:content(dt:ref('commentaire-fonction', ($k, $j)), .)"/>
      </xsl:for-each>
    </xsl:for-each>
    <xsl:choose>
      <xsl:when test="$act/o:function"/>
      <xsl:when test="$act/o:modality/@code = ('PT', 'NM')">
        <xsl:sequence select="n:content(dt:ref('fonction', ($k, 1)), 'Non précisé')"/>
      </xsl:when>
      <xsl:otherwise><xsl:text>-</xsl:text></xsl:otherwise>
    </xsl:choose>
  </xsl:function>

  <xsl:function name="n:sites" as="node()+">
    <xsl:param name="act" as="element(o:act)"/>
    <xsl:param name="k" as="xs:integer"/>
    <xsl:for-each select="$act/o:site">
      <xsl:if test="position() gt 1"><br/></xsl:if>
      <xsl:variable name="reference" as="xs:string" select="dt:ref('localisation-anatomique', ($k, position()))"/>
      <xsl:sequence select="o:location ! n:concept($reference, .), o:text ! n:content($reference, .)"/>
    </xsl:for-each>
    <xsl:if test="not($act/o:site)"><xsl:text>Non précisé</xsl:text></xsl:if>
  </xsl:function>

  <!-- The modifiers in plain text, on the line of their site. -->
  <xsl:function name="n:modifiers" as="node()+">
    <xsl:param name="act" as="element(o:act)"/>
    <xsl:for-each select="$act/o:site">
      <xsl:if test="position() gt 1"><br/></xsl:if>
      <xsl:value-of select="(string-join(o:modifier/@display, ', ')[. ne ''], '-')[1]"/>
    </xsl:for-each>
    <xsl:if test="not($act/o:site)"><xsl:text>-</xsl:text></xsl:if>
  </xsl:function>

  <!-- The urgency stands in the header, but readers show its reason nowhere else than here. -->
  <xsl:template match="o:urgency" mode="n:narrative" as="element(cda:table)">
    <xsl:variable name="reason" as="element(cda:content)" select="n:content('justification-urgence', o:reason)"/>
    <xsl:variable name="contacted" as="xs:string" select="string-join(o:contacted ! (
        string-join((o:name ! (o:suffix, o:given, o:family), o:id[1]/@extension ! ('[' || . || ']')), ' ')[. ne ''],
        o:organization/o:name), ' - ')"/>
    <xsl:call-template name="n:urgency">
      <xsl:with-param name="reason" as="node()+"><xsl:text>Oui : </xsl:text><xsl:sequence select="$reason"/></xsl:with-param>
      <xsl:with-param name="contacted" select="$contacted"/>
    </xsl:call-template>
  </xsl:template>

  <xsl:template match="o:callback[not(../o:urgency)]" mode="n:narrative" as="element(cda:table)">
    <xsl:call-template name="n:urgency">
      <xsl:with-param name="reason" as="node()+"><xsl:text>Non</xsl:text></xsl:with-param>
      <xsl:with-param name="contacted" select="''"/>
    </xsl:call-template>
  </xsl:template>

  <xsl:template match="o:callback[../o:urgency]" mode="n:narrative" as="empty-sequence()"/>

  <xsl:template name="n:urgency" as="element(cda:table)">
    <xsl:context-item as="element()" use="required"/>
    <xsl:param name="reason" as="node()+" required="yes"/>
    <xsl:param name="contacted" as="xs:string" required="yes"/>
    <xsl:variable name="callback" as="element(o:callback)?" select="../o:callback"/>
    <table border="0">
      <thead>
        <tr>
          <th>Demande urgente (justification)</th>
          <th>Médecin effecteur contacté</th>
          <th>Le demandeur souhaite un retour par téléphone</th>
        </tr>
      </thead>
      <tbody>
        <tr>
          <td><xsl:sequence select="$reason"/></td>
          <td><xsl:sequence select="n:or-dash($contacted[. ne ''] ! n:content(dt:ref('medecin-effecteur', 1), .))"/></td>
          <td><xsl:sequence select="n:or-dash($callback ! n:content('retour-tel-souhaite', n:answer(.)))"/></td>
        </tr>
      </tbody>
    </table>
  </xsl:template>

  <!-- Deadline and event. -->
  <xsl:template name="n:when" as="element(cda:table)?">
    <xsl:context-item as="element(o:order)" use="required"/>
    <xsl:variable name="dates" as="xs:string*" select="distinct-values(o:act/o:wanted-by ! dt:french-date(.))"/>
    <xsl:if test="exists($dates) or o:event">
      <table border="0">
        <thead>
          <tr>
            <th>Date limite souhaitée pour la réalisation de l'examen</th>
            <th>Évènement(s) associé(s)</th>
          </tr>
        </thead>
        <tbody>
          <tr>
            <td>{(string-join($dates, ' ; ')[. ne ''], '-')[1]}</td>
            <td><xsl:sequence select="n:or-dash(o:event ! n:content('evenement', .))"/></td>
          </tr>
        </tbody>
      </table>
    </xsl:if>
  </xsl:template>

  <!-- résultats antérieurs, documents liés -->

  <xsl:template match="o:prior-results" mode="n:narrative" as="element(cda:paragraph)">
    <paragraph><xsl:sequence select="n:content('resultats-examens', .)"/></paragraph>
  </xsl:template>

  <xsl:template match="o:attachment" mode="n:narrative" as="element(cda:table)">
    <xsl:variable name="k" as="xs:integer" select="position()"/>
    <table border="0">
      <thead><tr><th><content ID="{dt:ref('titreDoc', $k)}" styleCode="BoldItalics">{o:title}</content></th></tr></thead>
      <tbody>
        <xsl:for-each select="o:type-text"><tr><td><xsl:sequence select="n:content(dt:ref('typeDoc', $k), .)"/></td></tr></xsl:for-each>
        <tr><td><renderMultiMedia referencedObject="DOC-{format-integer($k, '000')}"/></td></tr>
      </tbody>
    </table>
  </xsl:template>
</xsl:package>
