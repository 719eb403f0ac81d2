import tailwindcss from '@tailwindcss/vite';
import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';

/** `vite build packages/console --outDir <folder>`; `vite packages/console` develops against a server on port 8099. */
export default defineConfig({
  base: '/',
  plugins: [tailwindcss(), react()],
  build: {
    emptyOutDir: true,
    // The content security policy allows no `data:` addresses for scripts and fonts.
    assetsInlineLimit: 0,
  },
  server: {
    // Not all of `/api`: the console has a folder of that name itself.
    proxy: { '/api/v1': 'http://localhost:8099' },
  },
});
