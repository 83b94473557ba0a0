// Runs cases in turn and prints one line of JSON for each: its name, and its error or null.
const PATIENCE = 30_000;

export const REQUEST_SIZES = [27182, 8, 1828, 45904];
export const RESPONSE_SIZES = [31415, 9, 2653, 58979];
export const SPECIAL = "\t\ntest with whitespace\r\nand Unicode BMP ☺ and non-BMP 😈\t\n";
export const LARGE = 8 * 1024 * 1024;

export const runAll = async (cases) => {
  for (const [name, run] of Object.entries(cases)) {
    let timer;
    const late = new Promise((_, reject) => {
      timer = setTimeout(() => reject(new Error(`no end after ${PATIENCE} ms`)), PATIENCE);
    });
    const error = await Promise.race([run(), late]).then(() => null, (failure) => failure);
    clearTimeout(timer);
    console.log(JSON.stringify({ name, error: error && String(error.message).slice(0, 300) }));
  }
};
