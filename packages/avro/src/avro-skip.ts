import type { AvroNode, AvroRecord } from './avro-schema.js';
import type { AvroReader } from './byte-tap.js';

/** Makes what passes over values that are not read: nothing is made of them, so nothing can be wrong with them but their length. */
export class Skipper {
  /** Records made or under way: they may contain themselves. */
  readonly #records: Map<AvroRecord, AvroReader[]>;

  constructor() {
    this.#records = new Map();
  }

  /** Passes over one value of a type. */
  of(node: AvroNode): AvroReader {
    switch (node.kind) {
      case 'record':
        return this.#record(node);
      case 'array':
        return blocks(this.of(node.items));
      case 'map': {
        const value = this.of(node.values);
        return blocks((tap) => {
          tap.skip(tap.int());
          value(tap);
        });
      }
      case 'union': {
        const branches = node.branches.map((branch) => this.of(branch));
        return (tap) => branches[tap.branch(branches.length)]!(tap);
      }
      case 'fixed':
        return (tap) => tap.skip(node.size);
      case 'null':
        return () => undefined;
      case 'boolean':
        return (tap) => tap.skip(1);
      case 'float':
        return (tap) => tap.skip(4);
      case 'double':
        return (tap) => tap.skip(8);
      case 'int':
      case 'long':
      case 'enum':
        return (tap) => void tap.long();
      case 'string':
      case 'bytes':
        return (tap) => tap.skip(tap.int());
    }
  }

  #record(node: AvroRecord): AvroReader {
    let fields = this.#records.get(node);
    if (fields === undefined) {
      fields = [];
      this.#records.set(node, fields);
      for (const { type } of node.fields) fields.push(this.of(type));
    }
    const all = fields;
    return (tap) => {
      tap.enter();
      for (const field of all) field(tap);
      tap.depth--;
    };
  }
}

function blocks(skip: AvroReader): AvroReader {
  return (tap) => {
    tap.enter();
    for (let count = tap.countToSkip(); count > 0; count = tap.countToSkip()) {
      for (; count > 0; count--) {
        const { at } = tap;
        skip(tap);
        // Values of a type that takes no bytes: there may be any number of them.
        if (tap.at === at) break;
      }
    }
    tap.depth--;
  };
}
