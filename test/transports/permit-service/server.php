<?php
// PHP's own SOAP server, an implementation that is not ours: rpc/literal at /ledger, document/literal at /permits11 and /permits12,
// under /signed/ only for requests that are signed with the certificate in SIGNER_CERTIFICATE.
ini_set('soap.wsdl_cache_enabled', '0');
class Ledger {
  function entries($account, $count) {
    if ($account === 'FAULT') throw new SoapFault('Server', 'The ledger is closed', null, ['period' => '2024-06']);
    $entries = [];
    for ($i = 1; $i <= $count; $i++) $entries[] = ['account' => $account, 'amount' => "$i.50", 'memo' => $i === 1 ? null : "Gebühr & <$i>"];
    return ['entry' => $entries];
  }
  function post($entries) {
    return implode('|', array_map(fn($e) => "{$e->account}={$e->amount}=" . ($e->memo ?? 'nil'), $entries->entry));
  }
}
class Permits {
  // The header must be understood: it was, below.
  function Security($header) {}
  function FindPermits($in) {
    $fee = ['Code' => 'DOG', 'Amount' => '12.50', 'paid' => true];
    $permit = ['PermitNum' => '0042', 'Holder' => ['Name' => $in->holder->Name ?? 'nobody'], 'Fee' => [$fee], 'ClosedOn' => null];
    return ['ResponseCode' => '0', 'Echo' => json_encode($in), 'Permits' => ['Permit' => [$permit]]];
  }
}
require __DIR__ . '/verify-signature.php';
$path = parse_url($_SERVER['REQUEST_URI'], PHP_URL_PATH);
$ledger = $path === '/ledger';
$wsdl = __DIR__ . '/' . ($ledger ? 'ledger-rpc.wsdl' : (str_ends_with($path, '/permits12') ? 'permits-soap12.wsdl' : 'permits-soap11.wsdl'));
if ($_SERVER['REQUEST_METHOD'] === 'GET') { header('Content-Type: text/xml'); readfile($path === '/permits.xsd' || str_starts_with($path, '/people/') ? __DIR__ . $path : $wsdl); return; }
$server = new SoapServer($wsdl, ['features' => SOAP_SINGLE_ELEMENT_ARRAYS]);
$server->setClass($ledger ? 'Ledger' : 'Permits');
$xml = file_get_contents('php://input');
$fault = str_starts_with($path, '/signed/') ? faultOfSignature($xml, file_get_contents(getenv('SIGNER_CERTIFICATE'))) : null;
if ($fault) $server->fault("wsse:$fault", "The signature was refused: $fault");
$server->handle($xml);
