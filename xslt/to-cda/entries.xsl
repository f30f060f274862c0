<?xml version="1.0" encoding="UTF-8"?>
<!-- Entries: the coded half of a section. One rule per order element, mode "e:entry".
     Source: IMG-DA-IMG 2024.01; templates FR-DICOM-Observation, FR-Simple-Observation, FR-Demande-d-examen-ou-de-suivi-IMG-DA,
     FR-Commentaire-ER, FR-Document-attache. -->
<xsl:package name="urn:x-bridge:to-cda:entries" package-version="1.0" version="3.0" expand-text="yes"
    xmlns:e="urn:x-bridge:to-cda:entries" xmlns:dt="urn:x-bridge:to-cda:datatypes" xmlns:n="urn:x-bridge:to-cda:narrative"
    xmlns:o="urn:x-bridge:order" xmlns:cda="urn:hl7-org:v3" xmlns="urn:hl7-org:v3"
    xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xmlns:xs="http://www.w3.org/2001/XMLSchema"
    xmlns:xsl="http://www.w3.org/1999/XSL/Transform" exclude-result-prefixes="e dt n o cda xs">
  <xsl:use-package name="urn:x-bridge:to-cda:datatypes" package-version="1.*"/>
  <xsl:use-package name="urn:x-bridge:to-cda:narrative" package-version="1.*">
    <xsl:accept component="*" names="n:*" visibility="public"/>
  </xsl:use-package>

  <xsl:expose component="*" names="e:*" visibility="public"/>
  <xsl:mode name="e:entry" on-no-match="fail" on-multiple-match="fail" visibility="public"/>

  <!-- FR-DICOM-Observation: historique médical -->

  <xsl:template match="o:medical-history" mode="e:entry" as="element(cda:entry)">
    <xsl:call-template name="e:history">
      <xsl:with-param name="kind" select="11"/>
      <xsl:with-param name="code" select="dt:loinc('11348-0', 'Antécédents médicaux')"/>
      <xsl:with-param name="reference" select="'antecedent-medicaux'"/>
      <xsl:with-param name="time" select="../o:medical-history-at"/>
    </xsl:call-template>
  </xsl:template>

  <xsl:template match="o:surgical-history" mode="e:entry" as="element(cda:entry)">
    <xsl:call-template name="e:history">
      <xsl:with-param name="kind" select="12"/>
      <xsl:with-param name="code" select="dt:loinc('47519-4', 'Antécédents chirurgicaux')"/>
      <xsl:with-param name="reference" select="'antecedent-chirurgicaux'"/>
      <xsl:with-param name="time" select="../o:surgical-history-at"/>
    </xsl:call-template>
  </xsl:template>

  <xsl:template name="e:history" as="element(cda:entry)">
    <xsl:context-item as="element()" use="required"/>
    <xsl:param name="kind" as="xs:integer" required="yes"/>
    <xsl:param name="code" as="attribute()+" required="yes"/>
    <xsl:param name="reference" as="xs:string" required="yes"/>
    <xsl:param name="time" as="element()?" select="()"/>
    <entry>
      <observation classCode="OBS" moodCode="EVN">
        <xsl:sequence select="e:dicom-observation(), dt:uuid(., $kind, 1, 0)"/>
        <code><xsl:sequence select="$code"/></code>
        <xsl:sequence select="e:text($reference)"/>
        <statusCode code="completed"/>
        <xsl:sequence select="dt:effective($time, ())"/>
        <value xsi:type="CD"><xsl:sequence select="e:original-text($reference)"/></value>
        <targetSiteCode nullFlavor="MSK"/>
      </observation>
    </entry>
  </xsl:template>

  <xsl:function name="e:dicom-observation" as="element(cda:templateId)+">
    <templateId root="2.16.840.1.113883.10.20.6.2.13"/>
    <templateId root="1.2.250.1.213.1.1.3.150"/>
  </xsl:function>

  <!-- A "non" is the same observation, negated: never a plain entry that a reader could take for a "oui". -->
  <xsl:template match="o:contraindication" mode="e:entry" as="element(cda:entry)">
    <xsl:variable name="k" as="xs:integer" select="position()"/>
    <xsl:variable name="label" as="xs:string" select="dt:ref('contre-indication', $k)"/>
    <entry>
      <observation classCode="OBS" moodCode="EVN">
        <xsl:if test="o:present = 'false'"><xsl:attribute name="negationInd" select="'true'"/></xsl:if>
        <xsl:sequence select="e:dicom-observation(), if (o:id) then dt:ii(o:id) else dt:uuid(., 13, $k, 0)"/>
        <code><xsl:sequence select="dt:loinc('64100-1', 'Contre-indications')"/></code>
        <xsl:sequence select="e:text(if (o:comment) then $label || '-commentaire' else $label)"/>
        <statusCode code="completed"/>
        <xsl:sequence select="dt:effective(o:date, ())"/>
        <value xsi:type="CD">
          <xsl:sequence select="dt:cd(o:concept), e:original-text($label)"/>
        </value>
        <targetSiteCode nullFlavor="MSK"/>
      </observation>
    </entry>
  </xsl:template>

  <xsl:template match="o:care-information" mode="e:entry" as="element(cda:entry)">
    <xsl:variable name="k" as="xs:integer" select="position()"/>
    <entry>
      <observation classCode="OBS" moodCode="EVN">
        <xsl:sequence select="e:dicom-observation(), dt:uuid(., 14, $k, 0)"/>
        <code><xsl:sequence select="dt:ta('ORG-192', 'Informations pour la prise en charge')"/></code>
        <xsl:sequence select="e:text(dt:ref('info-pec', $k))"/>
        <statusCode code="completed"/>
        <xsl:sequence select="dt:effective(o:date, ())"/>
        <value xsi:type="CD"><xsl:sequence select="dt:cd(o:concept), e:original-text(dt:ref('info-pec', $k))"/></value>
        <targetSiteCode nullFlavor="MSK"/>
      </observation>
    </entry>
  </xsl:template>

  <xsl:function name="e:text" as="element(cda:text)">
    <xsl:param name="reference" as="xs:string"/>
    <text><reference value="#{$reference}"/></text>
  </xsl:function>

  <xsl:function name="e:original-text" as="element(cda:originalText)">
    <xsl:param name="reference" as="xs:string"/>
    <originalText><reference value="#{$reference}"/></originalText>
  </xsl:function>

  <!-- FR-Simple-Observation: information du patient, évènement, retour par téléphone, fonction étudiée -->

  <xsl:template name="e:simple-observation" as="element(cda:observation)">
    <xsl:context-item as="element()" use="required"/>
    <xsl:param name="template" as="xs:string?" select="()"/>
    <xsl:param name="id" as="element(cda:id)" required="yes"/>
    <xsl:param name="code" as="attribute()+" required="yes"/>
    <xsl:param name="reference" as="xs:string" required="yes"/>
    <xsl:param name="time" as="element()?" select="()"/>
    <xsl:param name="rest" as="element()*" select="()"/>
    <observation classCode="OBS" moodCode="EVN">
      <templateId root="1.3.6.1.4.1.19376.1.5.3.1.4.13"/>
      <templateId root="1.2.250.1.213.1.1.3.48"/>
      <xsl:for-each select="$template"><templateId root="{.}"/></xsl:for-each>
      <xsl:sequence select="$id"/>
      <code><xsl:sequence select="$code"/></code>
      <xsl:sequence select="e:text($reference)"/>
      <statusCode code="completed"/>
      <xsl:sequence select="dt:effective($time, 'NA'), $rest"/>
    </observation>
  </xsl:template>

  <!-- The answer to "patient informé" is never assumed: without one, the nullFlavor says that nobody asked. -->
  <xsl:template match="o:order" mode="e:entry" as="element(cda:entry)">
    <entry>
      <xsl:call-template name="e:simple-observation">
        <xsl:with-param name="id" select="dt:uuid(., 21, 1, 0)"/>
        <xsl:with-param name="code" select="dt:ta('MED-1130', n:informed-question())"/>
        <xsl:with-param name="reference" select="'risque-examen'"/>
        <xsl:with-param name="time" select="o:patient-informed-at"/>
        <xsl:with-param name="rest" as="element()">
          <value xsi:type="BL">
            <xsl:choose>
              <xsl:when test="o:patient-informed"><xsl:attribute name="value" select="o:patient-informed"/></xsl:when>
              <xsl:otherwise><xsl:attribute name="nullFlavor" select="'NASK'"/></xsl:otherwise>
            </xsl:choose>
          </value>
        </xsl:with-param>
      </xsl:call-template>
    </entry>
  </xsl:template>

  <xsl:template match="o:patient-information" mode="e:entry" as="element(cda:entry)">
    <entry>
      <xsl:call-template name="e:simple-observation">
        <xsl:with-param name="id" select="dt:uuid(., 22, 1, 0)"/>
        <xsl:with-param name="code" select="dt:loinc('99622-3', 'Informations pour le patient')"/>
        <xsl:with-param name="reference" select="'informations-transmises'"/>
        <xsl:with-param name="time" select="../o:patient-information-at"/>
      </xsl:call-template>
    </entry>
  </xsl:template>

  <xsl:template match="o:callback" mode="e:entry" as="element(cda:entryRelationship)">
    <entryRelationship typeCode="COMP" inversionInd="false">
      <xsl:call-template name="e:simple-observation">
        <xsl:with-param name="id" select="dt:uuid(., 33, 1, 0)"/>
        <xsl:with-param name="code" select="dt:ta('GEN-297', 'Le demandeur souhaite un retour par téléphone')"/>
        <xsl:with-param name="reference" select="'retour-tel-souhaite'"/>
        <xsl:with-param name="time" select="../o:callback-at"/>
        <xsl:with-param name="rest" as="element()"><value xsi:type="BL" value="{.}"/></xsl:with-param>
      </xsl:call-template>
    </entryRelationship>
  </xsl:template>

  <xsl:template match="o:event" mode="e:entry" as="element(cda:entryRelationship)">
    <entryRelationship typeCode="COMP" inversionInd="false">
      <xsl:call-template name="e:simple-observation">
        <xsl:with-param name="id" select="dt:uuid(., 34, 1, 0)"/>
        <xsl:with-param name="code" select="dt:ta('GEN-296', 'Évènement associé à l''examen demandé')"/>
        <xsl:with-param name="reference" select="'evenement'"/>
        <xsl:with-param name="time" select="../o:event-at"/>
      </xsl:call-template>
    </entryRelationship>
  </xsl:template>

  <!-- FR-Demande-d-examen-ou-de-suivi-IMG-DA: actes demandés -->

  <xsl:template match="o:act" mode="e:entry" as="element(cda:entry)">
    <xsl:variable name="k" as="xs:integer" select="position()"/>
    <xsl:variable name="reference" as="xs:string" select="dt:ref('modalite-examen', $k)"/>
    <entry>
      <observation classCode="OBS" moodCode="INT">
        <templateId root="1.3.6.1.4.1.19376.1.5.3.1.1.20.3.1"/>
        <templateId root="2.16.840.1.113883.10.20.1.25"/>
        <templateId root="1.2.250.1.213.1.1.3.27"/>
        <templateId root="1.2.250.1.213.1.1.3.27.3"/>
        <xsl:sequence select="if (o:entry-id) then dt:ii(o:entry-id) else dt:uuid(., 31, $k, 0), o:id ! dt:ii(.)"/>
        <code>
          <xsl:sequence select="dt:cd(o:modality), e:original-text($reference)"/>
          <xsl:apply-templates select="o:contrast" mode="e:entry">
            <xsl:with-param name="k" select="$k"/>
          </xsl:apply-templates>
          <xsl:apply-templates select="o:modality/o:translation" mode="e:entry"/>
        </code>
        <xsl:sequence select="e:text($reference)"/>
        <statusCode code="active"/>
        <effectiveTime>
          <xsl:choose>
            <xsl:when test="o:wanted-by"><xsl:attribute name="value" select="dt:ts(o:wanted-by)"/></xsl:when>
            <xsl:otherwise><xsl:attribute name="nullFlavor" select="'UNK'"/></xsl:otherwise>
          </xsl:choose>
        </effectiveTime>
        <xsl:apply-templates select="o:site" mode="e:entry"><xsl:with-param name="k" select="$k"/></xsl:apply-templates>
        <xsl:if test="not(o:site)"><targetSiteCode nullFlavor="UNK"/></xsl:if>
        <xsl:apply-templates select="o:comment" mode="e:entry">
          <xsl:with-param name="id" select="dt:uuid(., 32, $k, 0)"/>
          <xsl:with-param name="reference" select="dt:ref('commentaire-modalite', $k)"/>
        </xsl:apply-templates>
        <!-- Data of the whole request stand once, in the first entry. -->
        <xsl:if test="$k = 1"><xsl:apply-templates select="../o:callback, ../o:event" mode="e:entry"/></xsl:if>
        <xsl:apply-templates select="o:function" mode="e:entry"><xsl:with-param name="k" select="$k"/></xsl:apply-templates>
        <xsl:if test="o:modality/@code = ('PT', 'NM') and not(o:function)">
          <xsl:call-template name="e:no-function"><xsl:with-param name="k" select="$k"/></xsl:call-template>
        </xsl:if>
      </observation>
    </entry>
  </xsl:template>

  <xsl:template match="o:contrast" mode="e:entry" as="element(cda:qualifier)">
    <xsl:param name="k" as="xs:integer" required="yes"/>
    <qualifier>
      <value><xsl:sequence select="dt:cd(.), e:original-text(dt:ref('InjectionPDC-TEP', $k))"/></value>
    </qualifier>
  </xsl:template>

  <xsl:template match="o:translation" mode="e:entry" as="element(cda:translation)">
    <translation><xsl:sequence select="dt:cd(.)"/></translation>
  </xsl:template>

  <xsl:template match="o:site" mode="e:entry" as="element(cda:targetSiteCode)">
    <xsl:param name="k" as="xs:integer" required="yes"/>
    <xsl:variable name="j" as="xs:integer" select="position()"/>
    <targetSiteCode>
      <xsl:if test="o:text"><xsl:attribute name="nullFlavor" select="'OTH'"/></xsl:if>
      <xsl:sequence select="o:location ! dt:cd(.), e:original-text(dt:ref('localisation-anatomique', ($k, $j)))"/>
      <xsl:apply-templates select="o:modifier[1]" mode="e:entry"/>
      <xsl:apply-templates select="o:location/o:translation" mode="e:entry"/>
    </targetSiteCode>
  </xsl:template>

  <!-- The model counts one first-level modifier an entry: each further one is nested in the one before. -->
  <xsl:template match="o:modifier" mode="e:entry" as="element(cda:qualifier)">
    <qualifier>
      <name><xsl:sequence select="dt:fixed('106233006', '2.16.840.1.113883.6.96', 'modificateur topographique')"/></name>
      <value>
        <xsl:sequence select="dt:cd(.)"/>
        <xsl:apply-templates select="following-sibling::o:modifier[1]" mode="e:entry"/>
      </value>
    </qualifier>
  </xsl:template>

  <!-- FR-Commentaire-ER -->
  <xsl:template match="o:act/o:comment | o:function/o:comment" mode="e:entry" as="element(cda:entryRelationship)">
    <xsl:param name="id" as="element(cda:id)" required="yes"/>
    <xsl:param name="reference" as="xs:string" required="yes"/>
    <entryRelationship typeCode="SUBJ" inversionInd="true">
      <act classCode="ACT" moodCode="EVN">
        <templateId root="2.16.840.1.113883.10.20.1.40"/>
        <templateId root="1.3.6.1.4.1.19376.1.5.3.1.4.2"/>
        <templateId root="1.2.250.1.213.1.1.3.32"/>
        <xsl:sequence select="$id"/>
        <code><xsl:sequence select="dt:loinc('48767-8', 'Commentaire')"/></code>
        <xsl:sequence select="e:text($reference)"/>
        <statusCode code="completed"/>
      </act>
    </entryRelationship>
  </xsl:template>

  <!-- FR-Fonction-etudiee. MED-1133 is the question here; the answer "FDG oncologie" has the same code. -->
  <xsl:template match="o:function" mode="e:entry" as="element(cda:entryRelationship)">
    <xsl:param name="k" as="xs:integer" required="yes"/>
    <xsl:variable name="j" as="xs:integer" select="position()"/>
    <xsl:variable name="reference" as="xs:string" select="dt:ref('fonction', ($k, $j))"/>
    <xsl:variable name="answer" as="element()+">
      <value xsi:type="CD"><xsl:sequence select="dt:cd(o:concept), e:original-text($reference)"/></value>
      <xsl:apply-templates select="o:comment" mode="e:entry">
        <xsl:with-param name="id" select="dt:uuid(., 36, $k, $j)"/>
        <xsl:with-param name="reference" select="dt:ref('commentaire-fonction', ($k, $j))"/>
      </xsl:apply-templates>
    </xsl:variable>
    <entryRelationship typeCode="COMP" inversionInd="false">
      <xsl:call-template name="e:simple-observation">
        <xsl:with-param name="template" select="'1.2.250.1.213.1.1.3.48.36'"/>
        <xsl:with-param name="id" select="dt:uuid(., 35, $k, $j)"/>
        <xsl:with-param name="code" select="dt:ta('MED-1133', 'Fonction étudiée')"/>
        <xsl:with-param name="reference" select="$reference"/>
        <xsl:with-param name="time" select="o:date"/>
        <xsl:with-param name="rest" select="$answer"/>
      </xsl:call-template>
    </entryRelationship>
  </xsl:template>

  <xsl:template name="e:no-function" as="element(cda:entryRelationship)">
    <xsl:context-item as="element(o:act)" use="required"/>
    <xsl:param name="k" as="xs:integer" required="yes"/>
    <entryRelationship typeCode="COMP" inversionInd="false">
      <xsl:call-template name="e:simple-observation">
        <xsl:with-param name="template" select="'1.2.250.1.213.1.1.3.48.36'"/>
        <xsl:with-param name="id" select="dt:uuid(., 35, $k, 1)"/>
        <xsl:with-param name="code" select="dt:ta('MED-1133', 'Fonction étudiée')"/>
        <xsl:with-param name="reference" select="dt:ref('fonction', ($k, 1))"/>
      </xsl:call-template>
    </entryRelationship>
  </xsl:template>

  <!-- FR-Document-attache -->
  <xsl:template match="o:attachment" mode="e:entry" as="element(cda:entry)">
    <xsl:variable name="k" as="xs:integer" select="position()"/>
    <xsl:variable name="reference" as="xs:string" select="dt:ref('titreDoc', $k)"/>
    <xsl:variable name="type" as="element()">
      <value xsi:type="CD">
        <xsl:sequence select="o:type ! dt:cd(.), e:original-text(if (o:type-text) then dt:ref('typeDoc', $k) else $reference)"/>
      </value>
    </xsl:variable>
    <entry>
      <organizer classCode="CLUSTER" moodCode="EVN">
        <templateId root="1.2.250.1.213.1.1.3.18"/>
        <xsl:sequence select="dt:uuid(., 51, $k, 0)"/>
        <code><xsl:sequence select="dt:loinc('55107-7', 'Document attaché')"/></code>
        <statusCode code="completed"/>
        <component typeCode="COMP">
          <xsl:call-template name="e:simple-observation">
            <xsl:with-param name="template" select="'1.2.250.1.213.1.1.3.48.18'"/>
            <xsl:with-param name="id" select="dt:uuid(., 52, $k, 0)"/>
            <xsl:with-param name="code" select="dt:loinc('69764-9', 'Type de document')"/>
            <xsl:with-param name="reference" select="$reference"/>
            <xsl:with-param name="time" select="o:date"/>
            <xsl:with-param name="rest" select="$type"/>
          </xsl:call-template>
        </component>
        <component>
          <observationMedia classCode="OBS" moodCode="EVN" ID="DOC-{format-integer($k, '000')}">
            <value mediaType="{o:media-type}" representation="B64">
              <xsl:for-each select="o:language"><xsl:attribute name="language" select="."/></xsl:for-each>
              <xsl:value-of select="o:data"/>
            </value>
          </observationMedia>
        </component>
      </organizer>
    </entry>
  </xsl:template>
</xsl:package>
