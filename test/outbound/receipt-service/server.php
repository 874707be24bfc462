<?php
// The same finance system by PHP's own SOAP server. Its books are the file in BOOKS, one line for each receipt that it booked.
ini_set('soap.wsdl_cache_enabled', '0');
$books = getenv('BOOKS');
$body = file_get_contents('php://input');
if ($_SERVER['REQUEST_METHOD'] === 'GET') { header('Content-Type: text/xml'); readfile(__DIR__ . '/receipts.wsdl'); return; }
function note($line) { global $books; file_put_contents($books, "$line\n", FILE_APPEND | LOCK_EX); }
function noted($line) { global $books; return file_exists($books) ? count(array_keys(file($books, FILE_IGNORE_NEW_LINES), $line, true)) : 0; }
class Receipts {
  function OpenSession($in) { $id = 'session-' . bin2hex(random_bytes(8)); note("open $id"); return ['SessionId' => $id]; }
  function CloseSession($in) { note("close {$in->SessionId}"); return []; }
  function PostReceipt($in) {
    $r = $in->Receipt;
    note("ask {$r->Number}");
    if (noted("use {$in->SessionId}") >= 2) throw new SoapFault('Client', "The session {$in->SessionId} is unknown: Session expired");
    note("use {$in->SessionId}");
    if ($r->Number === '9') throw new SoapFault('Client', 'Period 9 is closed');
    if ($r->Number === '5' && noted('ask 5') === 1) { header('Retry-After: 0'); throw new SoapFault('Server.Busy', 'Try again'); }
    $payments = array_map(fn($p) => $p->Type . '[' . implode(',', array_map(fn($l) => "{$l->Account}={$l->Amount}", $p->Line ?? [])) . ']', $r->Payment);
    note("book {$r->Number} {$r->Date} {$r->Amount} " . implode(' ', $payments));
    return ['Status' => 'booked'];
  }
}
$server = new SoapServer(__DIR__ . '/receipts.wsdl', ['features' => SOAP_SINGLE_ELEMENT_ARRAYS]);
if (!preg_match('~<wsse:Username>town</wsse:Username><wsse:Password [^>]*>' . preg_quote(getenv('PASSWORD'), '~') . '</wsse:Password>~', $body)) {
  $server->fault('wsse:FailedAuthentication', 'Unknown user or password');
  return;
}
// Understood above; PHP refuses headers that it is told it must understand and has no function for.
$server->setClass('Receipts');
$server->handle(str_replace(' soap:mustUnderstand="1"', '', $body));
