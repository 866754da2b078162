// usage: node scripts/engine.mjs
// Writes src/engine/generated.ts from the description of the engine's interface: a type for every struct, and where its words lie.
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const source = process.env.PERP_ENGINE_ABI ?? fileURLToPath(new URL('../../../crates/perp-wasm/abi.json', import.meta.url));
const target = fileURLToPath(new URL('../src/engine/generated.ts', import.meta.url));
const abi = JSON.parse(readFileSync(source, 'utf8'));

const camel = (name) => name.replace(/_([a-z0-9])/g, (_, letter) => letter.toUpperCase());
const SCALARS = new Set(['u64', 'i64', 'i128']);

function typeOf({ name, text, fields }) {
    const lines = fields.map((field) => {
        const unit = field.unit === '' ? '' : ` In ${field.unit}.`;
        return `    /** ${field.text}${unit} */\n    ${camel(field.name)}: ${SCALARS.has(field.type) ? 'bigint' : field.type};`;
    });
    if (lines.length === 0) return `/** ${text} */\nexport type ${name} = Record<string, never>;`;
    return `/** ${text} */\nexport interface ${name} {\n${lines.join('\n')}\n}`;
}

function layoutOf({ name, words, fields }) {
    const entries = fields.map((field) => `['${camel(field.name)}', '${field.type}', ${field.word}]`);
    return `    ${name}: { words: ${words}, fields: [${entries.join(', ')}] },`;
}

const orNull = (name) => (name === null ? 'null' : `'${name}'`);

function questionOf({ number, name, question, question_items, answer, answer_items }) {
    const parts = [
        `number: ${number}`,
        `question: '${question}'`,
        `questionItems: ${orNull(question_items)}`,
        `answer: ${orNull(answer)}`,
        `answerItems: ${orNull(answer_items)}`,
    ];
    return `    ${camel(name)}: { ${parts.join(', ')} },`;
}

function signatureOf({ name, text, question, question_items, answer, answer_items }) {
    const list = (type) => (type === null ? 'never' : type);
    const parts = [
        `question: ${question}`,
        `questionItem: ${list(question_items)}`,
        `answer: ${answer ?? 'null'}`,
        `answerItem: ${list(answer_items)}`,
    ];
    return `    /** ${text} */\n    ${camel(name)}: { ${parts.join('; ')} };`;
}

const statuses = abi.statuses.map(({ number, name, text, numbers }) => {
    return `    [${number}, { name: '${name}', text: ${JSON.stringify(text)}, numbers: ${JSON.stringify(numbers)} }],`;
});
const rules = abi.rules.map(({ code, name, numbers }) => `    [${code}, { name: '${name}', numbers: ${JSON.stringify(numbers)} }],`);

const text = `// Written by scripts/engine.mjs: do not edit.
export const INTERFACE = ${abi.interface};

${abi.structs.map(typeOf).join('\n\n')}

/** Every struct, with the first word of each of its fields. */
export const STRUCTS = {
${abi.structs.map(layoutOf).join('\n')}
} as const;

/** Every question, with the names of its structs. */
export const QUESTIONS = {
${abi.questions.map(questionOf).join('\n')}
} as const;

/** What each question takes and gives. */
export interface Questions {
${abi.questions.map(signatureOf).join('\n')}
}

/** What the first word of an answer means. */
export const STATUSES: ReadonlyMap<number, { name: string; text: string; numbers: readonly string[] }> = new Map([
${statuses.join('\n')}
]);

/** Rules by code, with the names and types of their numbers. */
export const RULES: ReadonlyMap<number, { name: string; numbers: readonly { name: string; type: string }[] }> = new Map([
${rules.join('\n')}
]);
`;
writeFileSync(target, text);
