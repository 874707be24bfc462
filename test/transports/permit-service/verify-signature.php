<?php
// WS-Security as another stack sees it: libxml2's XPath and exclusive canonicalization, PHP's OpenSSL. PHP's DOM extension, which does
// the same, is a package of its own that a computer may not have; libxml2 itself comes with PHP.
class SignedMessage {
  private FFI $xml; private $doc; private $context;
  function __construct(string $text) {
    $declarations = 'typedef struct { int nodeNr; int nodeMax; void **nodeTab; } NodeSet; typedef struct { int type; NodeSet *nodes; } XPathObject;
      void *xmlReadMemory(const char *buffer, int size, const char *url, const char *encoding, int options);
      void *xmlXPathNewContext(void *doc); int xmlXPathRegisterNs(void *context, const char *prefix, const char *uri);
      XPathObject *xmlXPathEvalExpression(const char *expression, void *context); char *xmlXPathCastToString(XPathObject *value);
      int xmlC14NDocDumpMemory(void *doc, NodeSet *nodes, int mode, void *prefixes, int comments, char **out); void *xmlDocGetRootElement(void *doc);';
    try { $this->xml = FFI::cdef($declarations, 'libxml2.so.2'); } catch (FFI\Exception) { $this->xml = FFI::cdef($declarations, 'libxml2.so.16'); }
    $this->doc = $this->xml->xmlReadMemory($text, strlen($text), null, null, 2048 /* no network */);
    $this->context = $this->xml->xmlXPathNewContext($this->doc);
    foreach (['ds' => 'http://www.w3.org/2000/09/xmldsig#',
      'wsse' => 'http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-secext-1.0.xsd',
      'wsu' => 'http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-utility-1.0.xsd'] as $prefix => $uri)
      $this->xml->xmlXPathRegisterNs($this->context, $prefix, $uri);
    $this->xml->xmlXPathRegisterNs($this->context, 's', $this->text('namespace-uri(/*)'));
  }
  function text(string $xpath): string {
    return FFI::string($this->xml->xmlXPathCastToString($this->xml->xmlXPathEvalExpression($xpath, $this->context)));
  }
  function canonical(string $xpath): string {
    $all = "($xpath)/descendant-or-self::node() | ($xpath)/descendant-or-self::*/@* | ($xpath)/descendant-or-self::*/namespace::*";
    $nodes = $this->xml->xmlXPathEvalExpression($all, $this->context)->nodes;
    $out = FFI::new('char *');
    $this->xml->xmlC14NDocDumpMemory($this->doc, $nodes, 1 /* exclusive */, null, 0, FFI::addr($out));
    return FFI::string($out);
  }
}

/** The name of the fault; null when the request is signed by the known certificate (PEM), over body and timestamp, and not too old. */
function faultOfSignature(string $text, string $known): ?string {
  $message = new SignedMessage($text);
  $security = '/s:Envelope/s:Header/wsse:Security';
  $info = "$security/ds:Signature/ds:SignedInfo";
  $uri = $message->text("string($security/ds:Signature/ds:KeyInfo/wsse:SecurityTokenReference/wsse:Reference/@URI)");
  $token = $message->text("string($security/wsse:BinarySecurityToken[concat('#', @wsu:Id) = '$uri'])");
  if ($uri === '' || $token === '') return 'InvalidSecurity';
  $pem = "-----BEGIN CERTIFICATE-----\n" . chunk_split($token, 64, "\n") . "-----END CERTIFICATE-----\n";
  if (openssl_x509_fingerprint($pem, 'sha256') !== openssl_x509_fingerprint($known, 'sha256')) return 'FailedAuthentication';
  $facts = openssl_x509_parse($pem);
  if ($facts['validTo_time_t'] < time() || $facts['validFrom_time_t'] > time()) return 'InvalidSecurityToken';
  $value = base64_decode($message->text("string($security/ds:Signature/ds:SignatureValue)"));
  if (openssl_verify($message->canonical($info), $value, openssl_pkey_get_public($pem), OPENSSL_ALGO_SHA256) !== 1) return 'FailedCheck';
  $signed = [];
  for ($i = 1; $i <= (int) $message->text("count($info/ds:Reference)"); $i++) {
    $uri = $message->text("string($info/ds:Reference[$i]/@URI)");
    $part = "//*[concat('#', @wsu:Id) = '$uri']";
    if ($message->text("count($part)") !== '1') return 'FailedCheck';
    $digest = base64_encode(hash('sha256', $message->canonical($part), true));
    if ($digest !== $message->text("string($info/ds:Reference[$i]/ds:DigestValue)")) return 'FailedCheck';
    $signed[] = $uri;
  }
  // What is read is what was signed, and not another body next to it.
  foreach (['/s:Envelope/s:Body', "$security/wsu:Timestamp"] as $needed)
    if (!in_array('#' . $message->text("string($needed/@wsu:Id)"), $signed, true)) return 'InvalidSecurity';
  return strtotime($message->text("string($security/wsu:Timestamp/wsu:Expires)")) < time() ? 'MessageExpired' : null;
}
