import { closingLine, counts, duration } from '../lib/report.mjs';

/** Runs steps at the same time, and shows what each has said when it ends; one alone is shown while it runs. One that throws counts as a failure. */
export function runTogether(steps) {
  return Promise.all(
    steps.map(async (step) => {
      const said = [];
      const isAlone = steps.length === 1;
      const say = (text) => void (isAlone ? process.stdout.write(text) : said.push(text));
      say(`\n== ${step.name}: ${step.title}\n`);
      const start = performance.now();
      const result = await step.run(isAlone || say).catch((error) => {
        say(`${error.stack ?? error}\n`);
        return counts(0, 1);
      });
      say(`== ${step.name}: ${closingLine(result)} in ${duration(performance.now() - start)}\n`);
      for (const text of said) process.stdout.write(text);
      if (result.failed > 0) {
        process.exitCode = 1;
        console.error(`\nnpm test: the step "${step.name}" failed; run it alone with: npm test -- --only ${step.name}`);
      }
      return result;
    }),
  );
}
