// Plays the vectors to the modules and fails at the first answer that differs.
import { readFileSync } from 'node:fs';
import { basename } from 'node:path';

const paths = process.argv.slice(2);
if (paths.length === 0) {
  console.error('usage: node vectors.mjs perp_wasm_core.wasm perp_wasm_rest.wasm perp_wasm_paper.wasm');
  process.exit(2);
}
const read = (name) => JSON.parse(readFileSync(new URL(`../${name}`, import.meta.url)));
const abi = read('abi.json');
const modules = [];
const answering = new Map();
for (const path of paths) {
  const { exports } = (await WebAssembly.instantiate(readFileSync(path), {})).instance;
  modules.push(exports);
  answering.set(basename(path, '.wasm').replace('perp_wasm_', ''), exports);
}
const moduleOf = new Map(abi.questions.map(({ number, module }) => [BigInt(number), module]));
for (const module of moduleOf.values()) if (!answering.has(module)) throw new Error(`perp_wasm_${module}.wasm is not among the modules`);

const words = (text) => text.split(' ').map(BigInt);
const signed = (word) => BigInt.asIntN(64, word);
const write = (module, numbers) =>
  new BigUint64Array(module.memory.buffer, module.input_address(), abi.input_words).set(numbers);
const answer = (module, length) => [...new BigUint64Array(module.memory.buffer, module.output_address(), length)].join(' ');
// A load or price that is refused leaves status and words in the output buffer.
const outcome = (module, said) => (said === -1n ? answer(module, 5) : `0 ${said}`);

const play = {
  clock: (module, { clock }) => {
    module.set_clock(...words(clock).map(signed));
  },
  load: (module, { load, number }) => {
    write(module, words(load));
    return outcome(module, module.load(BigInt(number), 8 * words(load).length));
  },
  price: (module, { price }) => {
    const [market, mantissa, confidence, exponent, published, previous] = words(price).map(signed);
    return outcome(module, module.price(market, mantissa, confidence, Number(exponent), published, previous));
  },
  ask: (module, { ask }) => {
    write(module, words(ask));
    return answer(module, module.ask(words(ask).length));
  },
};

let questions = 0;
for (const line of read('vectors.json')) {
  const kind = Object.keys(play).find((name) => name in line);
  const asked = kind === 'ask' ? [answering.get(moduleOf.get(words(line.ask)[0]))] : modules;
  for (const module of asked) {
    const found = play[kind](module, line);
    if (found !== line.said) {
      console.error(`${JSON.stringify(line)}\n  the module: ${found}`);
      process.exit(1);
    }
  }
  if (kind === 'ask') questions++;
}
if (questions === 0) throw new Error('nothing was asked');
console.log(`${questions} questions of the vectors are answered as they say`);
