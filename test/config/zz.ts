import {TOWN,writeTown,transportOptions} from './town.ts';
import {parseDocument,LineCounter,Parser,Composer} from 'yaml';
const files:Record<string,string>={...TOWN}; 
const manifest=TOWN['connectors/clerk-files/connector.yaml']!;
const stream=manifest.slice(manifest.indexOf('  payments:'));
const full=process.argv[2]==='full';
for(let i=0;i<40;i++){ files[`connectors/c${i}/connector.yaml`]=manifest.replace('connector: clerk-files',`connector: c${i}`).replace(/streams:[\s\S]*/,'streams:\n')+(full?[0,1,2,3]:[0,1]).map(k=>stream.replace('payments:',`payments${k}:`)).join('');
 if(!full) continue;
 files[`mappings/m${i}.yaml`]=TOWN['mappings/receipt.from-clerk-files.yaml']!.replace('mapping: receipt.from-clerk-files',`mapping: m${i}`).replace('clerk-files',`c${i}`).replace('payments','payments0');
 files[`pipelines/p${i}.yaml`]=TOWN['pipelines/clerk-payments.yaml']!.replace('clerk-payments',`p${i}`);
}
const cpu=()=>{const c=process.cpuUsage();return (c.user+c.system)/1000};
let lines=0; for (const f of Object.values(files)) lines+=f.split('\n').length;
console.log('lines',lines,'cpu at start',cpu());
if(process.argv[3]==='yaml'){const c=cpu(); for(const [n,x] of Object.entries(files)) if(n.endsWith('yaml')) parseDocument(x,{prettyErrors:false}); console.log('parseDocument cold',cpu()-c);
 {const c=cpu(); for(const [n,x] of Object.entries(files)) if(n.endsWith('yaml')) for(const _ of new Parser().parse(x)); console.log('CST warm-ish',cpu()-c);} }
else if(process.argv[3]==='cst'){{const c=cpu(); for(const [n,x] of Object.entries(files)) if(n.endsWith('yaml')) for(const _ of new Parser().parse(x)); console.log('CST cold',cpu()-c);} }
else {const {loadProject}=await import('../../src/config/load.ts');
const folder=writeTown(files);
for(let k=0;k<3;k++){const t=performance.now(); const c=cpu(); const r=await loadProject(folder,{transportOptions,env:{}}); console.log('wall',performance.now()-t,'cpu',cpu()-c, r.problems.length)}}
