<?xml version="1.0" encoding="UTF-8"?>
<!-- How a table of mappings/ is read while a stylesheet is compiled. -->
<xsl:transform version="3.0" xmlns:xs="http://www.w3.org/2001/XMLSchema" xmlns:xsl="http://www.w3.org/1999/XSL/Transform"
    exclude-result-prefixes="#all">

  <!-- The rows of a table of mappings/, each an array of its fields. -->
  <xsl:variable name="rows" as="function(xs:string) as array(xs:string)*" static="yes" select="
      function($name as xs:string) as array(xs:string)* {
        tail(unparsed-text-lines('../../mappings/' || $name || '.csv')) ! (
          let $parts := tokenize(replace(., '&quot;&quot;', '&#xE001;'), '&quot;')
          return array {
            string-join(for $i in 1 to count($parts) return if ($i mod 2 = 0) then translate($parts[$i], ',', '&#xE000;') else $parts[$i])
            ! tokenize(., ',') ! translate(., '&#xE000;&#xE001;', ',&quot;')
          })
      }"/>
</xsl:transform>
