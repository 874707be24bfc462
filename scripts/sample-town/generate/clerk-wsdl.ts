/** Element names and XML Schema types in the order in which the service writes them; a '?' marks what may be absent. */
const DOG_LICENSE =
  'AnimalID TagNumber TagType TagDate:dateTime TagExpire:dateTime TagStatus OwnerFirstName OwnerLastName OwnerAddress1 OwnerAddress2? OwnerCity OwnerState OwnerZip OwnerPhone OwnerEmail? PetName Breed Sex Color Altered RabiesExpire:dateTime Fee:decimal ReceiptNumber? DatePaid:dateTime?';
const BILLING =
  'AccountNumber CustomerNumber CustomerFirstName CustomerLastName CustomerPhoneNumber PhoneType AccountAddress AccountStatus BillDate:dateTime LastBillAmount:decimal LastBillDueDate:dateTime OverdueBalance:decimal TotalBalance:decimal LastPaymentAmount:decimal LastPaymentDate:dateTime EnabledPaymentMethods PendingPaymentAmount:decimal';

const RESIDENT =
  'ResidentNo Kind FirstName? LastName BirthDate:dateTime? Address1 Address2? City State Zip Phone? Email? LastModified:dateTime';
const RESIDENT_CHANGE = 'ResidentNo Address1? Address2? City? State? Zip? Phone? Email?';

const NAMESPACE = 'http://tempuri.org/';

/** SOAP 1.1, document/literal, as an .asmx page of its time describes itself; parameter casing varies by operation (F9). */
export function clerkWsdl(address: string): string {
  return `<?xml version="1.0" encoding="utf-8"?>
<wsdl:definitions xmlns:wsdl="http://schemas.xmlsoap.org/wsdl/" xmlns:soap="http://schemas.xmlsoap.org/wsdl/soap/" xmlns:s="http://www.w3.org/2001/XMLSchema" xmlns:tns="${NAMESPACE}" targetNamespace="${NAMESPACE}">
  <wsdl:types>
    <s:schema elementFormDefault="qualified" targetNamespace="${NAMESPACE}">
      <s:element name="GetDogLicenses"><s:complexType><s:sequence>${elements('FromDate:dateTime ToDate:dateTime Page:int? PageSize:int?')}</s:sequence></s:complexType></s:element>
      <s:element name="GetDogLicensesResponse"><s:complexType><s:sequence><s:element name="GetDogLicensesResult" type="tns:DogLicensePage"/></s:sequence></s:complexType></s:element>
      <s:complexType name="DogLicensePage"><s:sequence>${elements('ResponseCode TotalCount:int')}<s:element minOccurs="0" maxOccurs="unbounded" name="DogLicense" type="tns:DogLicense"/></s:sequence></s:complexType>
      <s:complexType name="DogLicense"><s:sequence>${elements(DOG_LICENSE)}</s:sequence></s:complexType>
      <s:element name="GetResidents"><s:complexType><s:sequence>${elements('Page:int? PageSize:int?')}</s:sequence></s:complexType></s:element>
      <s:element name="GetResidentsResponse"><s:complexType><s:sequence><s:element name="GetResidentsResult" type="tns:ResidentPage"/></s:sequence></s:complexType></s:element>
      <s:complexType name="ResidentPage"><s:sequence>${elements('ResponseCode TotalCount:int')}<s:element minOccurs="0" maxOccurs="unbounded" name="Resident" type="tns:Resident"/></s:sequence></s:complexType>
      <s:complexType name="Resident"><s:sequence>${elements(RESIDENT)}</s:sequence></s:complexType>
      <s:element name="UpdateResident"><s:complexType><s:sequence>${elements('RequestKey')}<s:element name="Resident" type="tns:ResidentChange"/></s:sequence></s:complexType></s:element>
      <s:complexType name="ResidentChange"><s:sequence>${elements(RESIDENT_CHANGE)}</s:sequence></s:complexType>
      <s:element name="UpdateResidentResponse"><s:complexType><s:sequence><s:element name="UpdateResidentResult" type="tns:UpdateResult"/></s:sequence></s:complexType></s:element>
      <s:complexType name="UpdateResult"><s:sequence>${elements('ResponseCode Message?')}</s:sequence></s:complexType>
      <s:element name="GetBillingByDate"><s:complexType><s:sequence>${elements('portalId:int key startBillDate:dateTime endBillDate:dateTime')}</s:sequence></s:complexType></s:element>
      <s:element name="GetBillingByDateResponse"><s:complexType><s:sequence><s:element name="GetBillingByDateResult" type="tns:BillingList"/></s:sequence></s:complexType></s:element>
      <s:complexType name="BillingList"><s:sequence>${elements('ResponseCode')}<s:element minOccurs="0" maxOccurs="unbounded" name="BillingOutputParameters" type="tns:BillingOutputParameters"/></s:sequence></s:complexType>
      <s:complexType name="BillingOutputParameters"><s:sequence>${elements(BILLING)}</s:sequence></s:complexType>
    </s:schema>
  </wsdl:types>
${messages('GetDogLicenses')}
${messages('GetResidents')}
${messages('UpdateResident')}
${messages('GetBillingByDate')}
  <wsdl:portType name="ClerkServiceSoap">
${portOperation('GetDogLicenses')}
${portOperation('GetResidents')}
${portOperation('UpdateResident')}
${portOperation('GetBillingByDate')}
  </wsdl:portType>
  <wsdl:binding name="ClerkServiceSoap" type="tns:ClerkServiceSoap">
    <soap:binding transport="http://schemas.xmlsoap.org/soap/http" style="document"/>
${boundOperation('GetDogLicenses')}
${boundOperation('GetResidents')}
${boundOperation('UpdateResident')}
${boundOperation('GetBillingByDate')}
  </wsdl:binding>
  <wsdl:service name="ClerkService">
    <wsdl:port name="ClerkServiceSoap" binding="tns:ClerkServiceSoap"><soap:address location="${address}"/></wsdl:port>
  </wsdl:service>
</wsdl:definitions>
`;
}

function elements(list: string): string {
  return list
    .split(' ')
    .map((each) => {
      const [name = '', type = 'string'] = each.replace('?', '').split(':');
      return `<s:element minOccurs="${each.endsWith('?') ? 0 : 1}" maxOccurs="1" name="${name}" type="s:${type}"/>`;
    })
    .join('');
}

function messages(operation: string): string {
  return `  <wsdl:message name="${operation}SoapIn"><wsdl:part name="parameters" element="tns:${operation}"/></wsdl:message>
  <wsdl:message name="${operation}SoapOut"><wsdl:part name="parameters" element="tns:${operation}Response"/></wsdl:message>`;
}

function portOperation(operation: string): string {
  return `    <wsdl:operation name="${operation}"><wsdl:input message="tns:${operation}SoapIn"/><wsdl:output message="tns:${operation}SoapOut"/></wsdl:operation>`;
}

function boundOperation(operation: string): string {
  return `    <wsdl:operation name="${operation}"><soap:operation soapAction="${NAMESPACE}${operation}" style="document"/><wsdl:input><soap:body use="literal"/></wsdl:input><wsdl:output><soap:body use="literal"/></wsdl:output></wsdl:operation>`;
}
