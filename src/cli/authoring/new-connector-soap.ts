import type { Finish } from './finish.ts';

/** A pack for the service of a WSDL, its answers invented; without one, for an invented service. */
export async function soapContents(finish: Finish, sample: string | undefined): Promise<ReturnType<Finish>> {
  return sample === undefined ? inventedService(finish) : ownService(finish, sample);
}

async function ownService(finish: Finish, sample: string): Promise<ReturnType<Finish>> {
  const { readWsdl, wsdlStreams } = await import('../../authoring/discover/wsdl.ts');
  const { soapRecording, wsdlFiles } = await import('../../authoring/scaffold/skeleton-soap.ts');
  const wsdl = await readWsdl(sample, process.cwd(), { place: { path: '--sample' }, setting: 'what --sample names: SOAP wants a WSDL' });
  const { streams, options, transport_options: transportOptions, notes } = wsdlStreams(wsdl);
  if (streams.length === 0) {
    const { ConfigError } = await import('../../core/errors.ts');
    throw new ConfigError({
      code: 'SAMPLE_UNREADABLE',
      place: { file: sample },
      message: `None of its operations returns a list of records. It has ${notes.slice(1, 13).join('; ')}.`,
      hint: 'Start without --sample, put the WSDL into fixtures/, and write the streams by docs/vendor-guide.md.',
    });
  }
  const fixtures: Record<string, string> = {};
  streams.forEach((stream, i) => {
    // Those of the first are placed when it is known what it is called.
    for (const [name, text] of Object.entries(soapRecording(wsdl, stream))) fixtures[i === 0 ? name : `../${stream.name}/${name}`] = text;
  });
  for (const [name, text] of Object.entries(wsdlFiles(wsdl))) fixtures[`../${name}`] = text;
  return finish(
    streams,
    fixtures,
    [
      'The answers are invented from the types that the WSDL declares: replace them with real answers of the service, without personal data.',
      'The WSDL was copied into fixtures/. It may name internal servers: check its addresses before you share the pack.',
    ],
    {
      options,
      transportOptions,
      open: 'The answers in fixtures/ are invented from the types of the WSDL: replace them with recorded ones.',
    },
  );
}

async function inventedService(finish: Finish): Promise<ReturnType<Finish>> {
  const { SAMPLE_ANSWER, SAMPLE_WSDL } = await import('../../authoring/scaffold/skeleton-samples.ts');
  const { discoverWsdl } = await import('../../authoring/discover/wsdl.ts');
  const { mkdtemp, rm, writeFile } = await import('node:fs/promises');
  const { tmpdir } = await import('node:os');
  const { join } = await import('node:path');
  const folder = await mkdtemp(join(tmpdir(), 'new-connector-'));
  try {
    await writeFile(join(folder, 'service.wsdl'), SAMPLE_WSDL);
    const { streams, options } = await discoverWsdl('service.wsdl', folder);
    const exchanges = [{ request: { operation: 'GetPayments', body: { Page: '1', PageSize: '200' } }, answer: { file: 'page1.xml' } }];
    return finish(
      streams,
      { '../service.wsdl': SAMPLE_WSDL, 'exchanges.json': `${JSON.stringify(exchanges, null, 2)}\n`, 'page1.xml': SAMPLE_ANSWER },
      ['The service is only an example: run this again with --sample and your WSDL (an address or a file).'],
      { options },
    );
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
