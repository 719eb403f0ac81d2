/** Where departments and people come from besides the console. */
export {};
