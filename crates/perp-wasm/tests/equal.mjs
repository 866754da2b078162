// Compares the modules with native code: reads what the example `snapshots` writes, does the same to each and fails at the first word
// that differs. Ends with what it compared.
import { readFileSync, readSync } from 'node:fs';
import { basename } from 'node:path';

const paths = process.argv.slice(2).filter((argument) => argument !== '--table');
if (paths.length === 0) {
  console.error('usage: snapshots COUNT SEED | node equal.mjs perp_wasm_core.wasm perp_wasm_rest.wasm perp_wasm_paper.wasm [--table]');
  process.exit(2);
}
const abi = JSON.parse(readFileSync(new URL('../abi.json', import.meta.url)));
const names = new Map(abi.questions.map(({ number, name }) => [number, name]));
const modules = [];
const answering = new Map();
for (const path of paths) {
  const { instance } = await WebAssembly.instantiate(readFileSync(path), {});
  modules.push(instance.exports);
  // perp_wasm_core.wasm answers what stands in the description as core's.
  answering.set(basename(path, '.wasm').replace('perp_wasm_', ''), instance.exports);
  const found = instance.exports.interface();
  if (found !== abi.interface) throw new Error(`${path}: interface ${found} instead of ${abi.interface}`);
}
const moduleOf = new Map(abi.questions.map(({ number, module }) => [number, module]));
for (const module of moduleOf.values()) if (!answering.has(module)) throw new Error(`perp_wasm_${module}.wasm is not among the modules`);

const CHUNK = 1 << 20;
const buffer = Buffer.alloc(8 * CHUNK);
let start = 0;
let end = 0;

/** The next bytes of the standard input, valid until the next call; null at its end. */
function take(length) {
  while (end - start < length) {
    if (buffer.length - start < length + CHUNK) {
      buffer.copy(buffer, 0, start, end);
      [start, end] = [0, end - start];
    }
    let read = 0;
    try {
      read = readSync(0, buffer, end, Math.min(CHUNK, buffer.length - end));
    } catch (error) {
      if (error.code === 'EAGAIN') continue;
      if (error.code !== 'EOF') throw error;
    }
    if (read === 0) {
      if (end === start) return null;
      throw new Error('the input ends within a step');
    }
    end += read;
  }
  start += length;
  return buffer.subarray(start - length, start);
}

const word = () => take(8).readBigUInt64LE();
const signed = () => take(8).readBigInt64LE();
const input = (module, bytes) => new Uint8Array(module.memory.buffer, module.input_address(), 8 * abi.input_words).set(bytes);
const output = (module, words) => Buffer.from(module.memory.buffer, module.output_address(), 8 * words);

const counts = { snapshots: 0, accounts: 0, readings: 0, answers: 0, refusals: 0 };
const answered = new Map();

function fail(what, expected, found) {
  console.error(`snapshot ${counts.snapshots}, ${what}:\n  native: ${expected.toString('hex')}\n  module: ${found.toString('hex')}`);
  process.exit(1);
}

function compareOutcomes(what, results) {
  const expected = take(48);
  results.forEach((result, place) => {
    const found = Buffer.alloc(48);
    found.writeBigUInt64LE(BigInt.asUintN(64, result));
    if (result === -1n) output(modules[place], 5).copy(found, 8);
    if (!expected.equals(found)) fail(what, expected, found);
  });
}

for (let kind = take(8); kind !== null; kind = take(8)) {
  switch (Number(kind.readBigUInt64LE())) {
    case 0: {
      const [now, slot] = [signed(), signed()];
      modules.forEach((module) => module.set_clock(now, slot));
      break;
    }
    case 1: {
      const [number, length] = [signed(), Number(word())];
      const bytes = take(Math.ceil(length / 8) * 8).subarray(0, length);
      modules.forEach((module) => input(module, bytes));
      compareOutcomes('an account', modules.map((module) => module.load(number, length)));
      counts.accounts++;
      break;
    }
    case 2: {
      const reading = [signed(), signed(), signed(), Number(signed()), signed(), signed()];
      compareOutcomes('a reading', modules.map((module) => module.price(...reading)));
      counts.readings++;
      break;
    }
    case 3: {
      const question = take(8 * Number(word()));
      const number = Number(question.readBigUInt64LE());
      const text = question.toString('hex');
      const words = question.length / 8;
      const expected = take(8 * Number(word()));
      // A number that is no question's is refused by each.
      const asked = moduleOf.has(number) ? [answering.get(moduleOf.get(number))] : modules;
      for (const module of asked) {
        input(module, question);
        const found = output(module, module.ask(words));
        if (!expected.equals(found)) fail(`question ${names.get(number) ?? number} ${text}`, expected, found);
      }
      const refused = expected.readBigUInt64LE() !== 0n;
      counts[refused ? 'refusals' : 'answers']++;
      const row = answered.get(number) ?? [0, 0];
      row[refused ? 1 : 0]++;
      answered.set(number, row);
      break;
    }
    default:
      counts.snapshots++;
  }
}
if (counts.snapshots === 0) throw new Error('nothing was compared');
if (process.argv.includes('--table')) {
  for (const [number, [answers, refusals]] of [...answered].sort(([a], [b]) => a - b)) {
    console.log(`${String(names.get(number)).padEnd(24)} ${String(answers).padStart(8)} answers ${String(refusals).padStart(8)} refusals`);
  }
}
const { snapshots, accounts, readings, answers, refusals } = counts;
console.log(`${snapshots} snapshots, ${accounts} accounts, ${readings} readings: ${answers} answers and ${refusals} refusals equal native code's`);
