#!/usr/bin/env node
// Runs exactly the verifier that stands in docs/verify.html, outside a browser: takes its script out of the page and runs it in a
// context that has nothing but the language.
//
//   node tests/evidence/verify_page.mjs BUNDLE [--key VKEY] [--witness VKEY]… [--seen FILE]… [--json] [--lang vi|en] [--page FILE]
//
// Exit codes as docs/evidence.md §9 says: 0 valid, 1 invalid, 2 usage.
import fs from 'node:fs';
import path from 'node:path';
import url from 'node:url';
import vm from 'node:vm';

const PAGE = path.join(path.dirname(url.fileURLToPath(import.meta.url)), '../../docs/verify.html');

export function verifierOf(page = PAGE) {
  const [, script] = /<script id="verifier">([^]*?)<\/script>/.exec(fs.readFileSync(page, 'utf8'));
  const context = vm.createContext({});
  vm.runInContext(script, context, {filename: page});
  return context.evidence;
}

/** The files of a directory as the page gets them: names with '/' below it. */
export function filesOf(directory) {
  const files = new Map();
  for (const name of fs.readdirSync(directory, {recursive: true})) {
    const place = path.join(directory, name);
    if (fs.statSync(place).isFile()) files.set(name, new Uint8Array(fs.readFileSync(place)));
  }
  return files;
}

function options(args) {
  const chosen = {bundle: null, key: '', witnesses: [], seen: [], json: false, lang: 'vi', page: PAGE};
  const value = option => args.shift() ?? usage(`${option} needs a value`);
  while (args.length > 0) {
    const argument = args.shift();
    switch (argument) {
      case '--key': chosen.key = value(argument); break;
      case '--witness': chosen.witnesses.push(value(argument)); break;
      case '--seen': chosen.seen.push(readText(value(argument))); break;
      case '--page': chosen.page = value(argument); break;
      case '--lang': chosen.lang = value(argument); break;
      case '--json': chosen.json = true; break;
      default:
        if (argument.startsWith('-') || chosen.bundle !== null) usage(`unknown argument '${argument}'`);
        chosen.bundle = argument;
    }
  }
  if (!['vi', 'en'].includes(chosen.lang)) usage('--lang is vi or en');
  if (chosen.bundle === null || !fs.existsSync(chosen.bundle) || !fs.statSync(chosen.bundle).isDirectory()) usage('the bundle is a directory');
  return chosen;
}
function readText(name) {
  try { return fs.readFileSync(name, 'utf8'); } catch (error) { return usage(error.message); }
}
function usage(why) {
  process.stderr.write(`verify_page: ${why}\nusage: verify_page.mjs BUNDLE [--key VKEY] [--witness VKEY]… [--seen FILE]… [--json] [--lang vi|en] [--page FILE]\n`);
  process.exit(2);
}

function tell(report, lang) {
  const pick = (vi, en) => lang === 'vi' ? vi : en;
  const lines = [report.verdict === 'valid' ? pick('HỢP LỆ', 'VALID') : pick('KHÔNG HỢP LỆ', 'INVALID')];
  for (const finding of report.findings) lines.push(`  ${finding.code}  ${finding.where}  ${finding[lang]}`);
  lines.push(`${report.origin}  ${report.period}  ${pick('cỡ', 'size')} ${report.size}  ${report.root}`);
  lines.push(`${pick('khóa', 'key')} ${report.key.vkey} (${report.key.confirmed ? pick('bạn đã xác nhận', 'confirmed by you') : pick('bạn chưa xác nhận', 'not confirmed by you')})`);
  for (const {date, by, at} of report.witnessed) lines.push(`  ${date}  ${by}  ${new Date(at).toISOString()}`);
  if (report.unwitnessed.length > 0) lines.push(`${pick('không có nhân chứng', 'without a witness')}: ${report.unwitnessed.join(' ')}`);
  for (const sentence of report.details?.remains ?? []) lines.push(sentence[lang]);
  return lines.join('\n') + '\n';
}

if (process.argv[1] && path.resolve(process.argv[1]) === url.fileURLToPath(import.meta.url)) {
  const {bundle, key, witnesses, seen, json, lang, page} = options(process.argv.slice(2));
  const evidence = verifierOf(page);
  let report;
  try {
    report = evidence.verify(filesOf(bundle), {key, witnesses, seen});
  } catch (error) {
    if (!(error instanceof evidence.UsageError)) throw error;
    usage(error[lang]);
  }
  const {details, ...plain} = report;
  process.stdout.write(json ? JSON.stringify(plain) + '\n' : tell(report, lang));
  process.exitCode = report.verdict === 'valid' ? 0 : 1;
}
