import {TOWN} from './town.ts'; import {readPlainYaml} from '../../src/config/yaml-plain.ts'; import {parse} from 'yaml'; import {isDeepStrictEqual} from 'node:util'; import {readFileSync,readdirSync} from 'node:fs';
const fs={...TOWN}; for (const f of readdirSync('/work/main/config/model')) fs['m/'+f]=readFileSync('/work/main/config/model/'+f,'utf8');
for(const [n,t] of Object.entries(fs)) if(n.endsWith('.yaml')){const r=readPlainYaml(t); console.log(n, r? isDeepStrictEqual(r.value,parse(t)):'library')}
