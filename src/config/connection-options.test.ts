import { describe, expect, it } from 'vitest';
import { optionSpec } from './schema/connector.ts';
import { openOptions, optionsOf } from './connection-options.ts';
import type { Project } from './project.ts';

const spec = (given: object) => optionSpec.parse(given);

describe('the options that a connection is opened with', () => {
  it("are the connector's defaults, what its manifest sets, and over both what the town gives", () => {
    const connector = {
      options: { portal: spec({ type: 'integer', default: 1 }), site: spec({}) },
      transport_options: { base_url: 'https://{{ options.site }}/p{{ options.portal }}', timeout: '60s' },
    };
    expect(optionsOf(connector, { site: 'maple.example.org', timeout: '5s' })).toEqual({
      portal: 1,
      site: 'maple.example.org',
      base_url: 'https://maple.example.org/p1',
      timeout: '5s',
    });
  });

  it('have secrets filled in, also where the manifest puts one into a longer text', () => {
    const connector = {
      options: { token: spec({ type: 'secret' }) },
      transport_options: { headers: { authorization: 'Bearer {{ options.token }}' } },
    };
    const project = {
      folder: '/',
      connections: { a: { connector: 'c', options: { token: '${env:T}' } } },
      connectors: new Map([['c', { value: connector }]]),
    } as unknown as Project;
    expect(openOptions(project, 'a', { T: 'xyz' })).toEqual({ token: 'xyz', headers: { authorization: 'Bearer xyz' } });
  });
});
