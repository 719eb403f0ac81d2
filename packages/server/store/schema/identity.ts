/** How people sign in besides a password. */
export {};
