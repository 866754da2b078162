// Questions and answers of the engine as 64-bit words, by the description that comes with it.

/** A struct of words: numbers by the names of their fields, structs within it likewise. */
export type Words = { readonly [field: string]: bigint | Words };

type Field = { readonly name: string; readonly type: string; readonly word: number };
type Struct = { readonly name: string; readonly words: number; readonly fields: readonly Field[] };
type Question = {
    readonly number: number;
    readonly name: string;
    readonly question: string;
    readonly question_items: string | null;
    readonly answer: string | null;
    readonly answer_items: string | null;
};

/** The description of an engine's interface. */
export type Abi = {
    readonly interface: number;
    readonly input_words: number;
    readonly output_words: number;
    readonly questions: readonly Question[];
    readonly statuses: readonly { readonly number: number; readonly name: string; readonly text: string }[];
    readonly structs: readonly Struct[];
    readonly rules: readonly { readonly code: number; readonly numbers: readonly { name: string; type: string }[] }[];
};

/** An engine and its description do not fit, or a question has no such field. */
export class AbiError extends Error {
    override readonly name = 'AbiError';
}

/** Reads and writes structs of an interface. */
export class Codec {
    private readonly structs: ReadonlyMap<string, Struct>;
    private readonly questions: ReadonlyMap<string, Question>;

    constructor(readonly abi: Abi) {
        this.structs = new Map(abi.structs.map((struct) => [struct.name, struct]));
        this.questions = new Map(abi.questions.map((question) => [question.name, question]));
    }

    question(name: string): Question {
        const found = this.questions.get(name);
        if (found === undefined) {
            throw new AbiError(`the engine answers no question "${name}"`);
        }
        return found;
    }

    /** The words of a question and its items. */
    encode(name: string, asked: Words, items: readonly Words[]): bigint[] {
        const { number, question, question_items } = this.question(name);
        const listed = question_items === null ? [] : items.flatMap((item) => this.write(question_items, item));
        return [BigInt(number), ...this.write(question, asked), ...listed];
    }

    /** The struct of an answer in these words, and the items behind it. */
    decode(name: string, words: DataView): { readonly answer: Words; readonly items: readonly Words[] } {
        const { answer, answer_items } = this.question(name);
        const head = answer === null ? 0 : this.struct(answer).words;
        const items: Words[] = [];
        if (answer_items !== null) {
            const each = this.struct(answer_items).words;
            for (let at = head; at < words.byteLength / 8; at += each) {
                items.push(this.read(answer_items, words, at));
            }
        }
        return { answer: answer === null ? {} : this.read(answer, words, 0), items };
    }

    private struct(name: string): Struct {
        const found = this.structs.get(name);
        if (found === undefined) {
            throw new AbiError(`the engine has no struct "${name}"`);
        }
        return found;
    }

    private write(name: string, value: Words): bigint[] {
        const { fields } = this.struct(name);
        const unknown = Object.keys(value).find((key) => fields.every((field) => field.name !== key));
        if (unknown !== undefined) {
            throw new AbiError(`${name} has no field "${unknown}"`);
        }
        return fields.map((field) => {
            const given = value[field.name];
            if (typeof given !== 'bigint') {
                throw new AbiError(`${name}.${field.name} is missing`);
            }
            return BigInt.asUintN(64, given);
        });
    }

    private read(name: string, words: DataView, at: number): Words {
        const entries = this.struct(name).fields.map(({ name: key, type, word }) => [
            key,
            this.field(type, words, at + word),
        ]);
        return Object.fromEntries(entries);
    }

    private field(type: string, words: DataView, word: number): bigint | Words {
        const low = words.getBigUint64(word * 8, true);
        switch (type) {
            case 'u64':
                return low;
            case 'i64':
                return BigInt.asIntN(64, low);
            case 'i128':
                return (words.getBigInt64(word * 8 + 8, true) << 64n) | low;
            default:
                return this.read(type, words, word);
        }
    }
}
