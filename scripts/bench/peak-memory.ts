// Preloaded into each measured process: its peak resident memory as the last line of stderr, in bytes.
process.on('exit', () => process.stderr.write(`\npeak ${process.resourceUsage().maxRSS * 1024}\n`));
