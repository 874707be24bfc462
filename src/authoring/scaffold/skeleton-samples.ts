import type { RawCell } from '../../formats/xlsx/cell.ts';
import type { RawRow } from '../../formats/xlsx/sheet.ts';
import { stylesOf, workbookOf } from '../../formats/xlsx/write.ts';

/** Samples that a skeleton begins with where there is none yet: small, invented, and in the shape of what offices exchange. */
export const SAMPLES = {
  csv: {
    file: 'payments-20260302.csv',
    text: 'receipt_number,received_on,account,description,amount\n0000101,2026-03-02,610-1043,Swimming lesson,24.50\n0000102,2026-03-02,610-1044,"Hall, one evening",110.00\n0000103,2026-03-03,610-1043,Café voucher,7.25\n',
  },
  fixed_width: {
    file: 'payments-20260302.txt',
    text: 'H20260302TOWN HALL  \nD0000101610104300002450\nD0000102610104400011000\nD0000103610104300000725\nT0000030000014175\n',
  },
  xml: {
    file: 'payments-20260302.xml',
    text: '<?xml version="1.0" encoding="utf-8"?>\n<Payments>\n  <Payment Number="0000101"><ReceivedOn>2026-03-02</ReceivedOn><Account>610-1043</Account><Amount>24.50</Amount></Payment>\n  <Payment Number="0000102"><ReceivedOn>2026-03-02</ReceivedOn><Account>610-1044</Account><Amount>110.00</Amount></Payment>\n  <Payment Number="0000103"><ReceivedOn>2026-03-03</ReceivedOn><Account>610-1043</Account><Amount>7.25</Amount></Payment>\n</Payments>\n',
  },
  json: {
    file: 'payments-20260302.json',
    text: '{\n  "payments": [\n    { "number": "0000101", "received_on": "2026-03-02", "account": "610-1043", "amount": "24.50" },\n    { "number": "0000102", "received_on": "2026-03-02", "account": "610-1044", "amount": "110.00" },\n    { "number": "0000103", "received_on": "2026-03-03", "account": "610-1043", "amount": "7.25" }\n  ]\n}\n',
  },
  bai2: {
    file: 'statement-20260302.txt',
    text: '01,BANK,TOWN,260303,0600,1,,,2/\n02,TOWN,BANK,1,260302,,USD,2/\n03,0012345,USD,010,100000,,/\n16,301,2450,Z,BANKREF1,DEPOSIT1,Counter deposit\n16,301,11725,Z,BANKREF2,DEPOSIT2,Card settlement\n49,114175,4/\n98,114175,1,6/\n99,114175,1,8/\n',
  },
} as const;

/** A workbook with the same payments as the other samples. */
export function sampleWorkbook(): { file: string; bytes: Buffer } {
  const rows = [
    ['0000101', '46083', '610-1043', 'Swimming lesson', '24.5'],
    ['0000102', '46083', '610-1044', 'Hall, one evening', '110'],
    ['0000103', '46084', '610-1043', 'Café voucher', '7.25'],
  ];
  const cell = (column: number, value: string, style: number): RawCell => ({
    column,
    style,
    type: style === 0 ? 'inlineStr' : 'n',
    value,
    formula: false,
  });
  const table: RawRow[] = [
    { number: 1, cells: ['receipt_number', 'received_on', 'account', 'description', 'amount'].map((name, i) => cell(i, name, 0)) },
    ...rows.map((values, i) => ({ number: i + 2, cells: values.map((value, c) => cell(c, value, c === 1 ? 1 : c === 4 ? 2 : 0)) })),
  ];
  return {
    file: 'payments-20260302.xlsx',
    bytes: workbookOf({ sheets: [{ name: 'Payments', rows: table }], styles: stylesOf(['yyyy-mm-dd', '0.00']) }),
  };
}

export const SAMPLE_TABLE = {
  PAYMENTS: {
    columns: { Number: 'CHAR(10)', ReceivedOn: 'DATE', Account: 'CHAR(15)', Amount: 'NUMERIC(19,2)', RowVersion: 'ROWVERSION' },
    rows: [
      ['0000101', '2026-03-02', '610-1043', '24.50', null],
      ['0000102', '2026-03-02', '610-1044', '110.00', null],
      ['0000103', '2026-03-03', '610-1043', '7.25', null],
    ],
  },
};

export const SAMPLE_WSDL = `<?xml version="1.0" encoding="utf-8"?>
<wsdl:definitions xmlns:wsdl="http://schemas.xmlsoap.org/wsdl/" xmlns:soap="http://schemas.xmlsoap.org/wsdl/soap/" xmlns:s="http://www.w3.org/2001/XMLSchema" xmlns:tns="urn:example:payments" targetNamespace="urn:example:payments">
  <wsdl:types>
    <s:schema elementFormDefault="qualified" targetNamespace="urn:example:payments">
      <s:element name="GetPayments"><s:complexType><s:sequence>
        <s:element name="Page" type="s:int"/><s:element name="PageSize" type="s:int"/>
      </s:sequence></s:complexType></s:element>
      <s:element name="AddPayment"><s:complexType><s:sequence>
        <s:element name="Number" type="s:string"/><s:element name="ReceivedOn" type="s:date"/><s:element name="Account" type="s:string"/><s:element name="Amount" type="s:decimal"/>
      </s:sequence></s:complexType></s:element>
      <s:element name="AddPaymentResponse"><s:complexType><s:sequence><s:element name="ResponseCode" type="s:string"/></s:sequence></s:complexType></s:element>
      <s:element name="GetPaymentsResponse"><s:complexType><s:sequence><s:element name="GetPaymentsResult"><s:complexType><s:sequence>
        <s:element name="ResponseCode" type="s:string"/><s:element name="TotalCount" type="s:int"/>
        <s:element name="Payment" minOccurs="0" maxOccurs="unbounded"><s:complexType><s:sequence>
          <s:element name="Number" type="s:string"/><s:element name="ReceivedOn" type="s:date"/><s:element name="Account" type="s:string"/><s:element name="Amount" type="s:decimal"/>
        </s:sequence></s:complexType></s:element>
      </s:sequence></s:complexType></s:element></s:sequence></s:complexType></s:element>
    </s:schema>
  </wsdl:types>
  <wsdl:message name="GetPaymentsIn"><wsdl:part name="parameters" element="tns:GetPayments"/></wsdl:message>
  <wsdl:message name="GetPaymentsOut"><wsdl:part name="parameters" element="tns:GetPaymentsResponse"/></wsdl:message>
  <wsdl:message name="AddPaymentIn"><wsdl:part name="parameters" element="tns:AddPayment"/></wsdl:message>
  <wsdl:message name="AddPaymentOut"><wsdl:part name="parameters" element="tns:AddPaymentResponse"/></wsdl:message>
  <wsdl:portType name="Payments"><wsdl:operation name="GetPayments"><wsdl:input message="tns:GetPaymentsIn"/><wsdl:output message="tns:GetPaymentsOut"/></wsdl:operation><wsdl:operation name="AddPayment"><wsdl:input message="tns:AddPaymentIn"/><wsdl:output message="tns:AddPaymentOut"/></wsdl:operation></wsdl:portType>
  <wsdl:binding name="PaymentsSoap" type="tns:Payments">
    <soap:binding transport="http://schemas.xmlsoap.org/soap/http"/>
    <wsdl:operation name="GetPayments"><soap:operation soapAction="urn:example:payments/GetPayments" style="document"/><wsdl:input><soap:body use="literal"/></wsdl:input><wsdl:output><soap:body use="literal"/></wsdl:output></wsdl:operation>
    <wsdl:operation name="AddPayment"><soap:operation soapAction="urn:example:payments/AddPayment" style="document"/><wsdl:input><soap:body use="literal"/></wsdl:input><wsdl:output><soap:body use="literal"/></wsdl:output></wsdl:operation>
  </wsdl:binding>
  <wsdl:service name="Payments"><wsdl:port name="PaymentsSoap" binding="tns:PaymentsSoap"><soap:address location="http://localhost/payments"/></wsdl:port></wsdl:service>
</wsdl:definitions>
`;

export const SAMPLE_ANSWER = `<?xml version="1.0" encoding="utf-8"?>
<soap:Envelope xmlns:soap="http://schemas.xmlsoap.org/soap/envelope/"><soap:Body><GetPaymentsResponse xmlns="urn:example:payments"><GetPaymentsResult>
<ResponseCode>0</ResponseCode><TotalCount>2</TotalCount>
<Payment><Number>0000101</Number><ReceivedOn>2026-03-02</ReceivedOn><Account>610-1043</Account><Amount>24.50</Amount></Payment>
<Payment><Number>0000102</Number><ReceivedOn>2026-03-02</ReceivedOn><Account>610-1044</Account><Amount>110.00</Amount></Payment>
</GetPaymentsResult></GetPaymentsResponse></soap:Body></soap:Envelope>
`;
