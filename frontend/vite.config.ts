import { fileURLToPath } from 'node:url'
import vue from '@vitejs/plugin-vue'
import { defineConfig } from 'vitest/config'

/** `npm run dev` shows these pages with the data of a Liandong that runs on this machine. */
const backend = `http://127.0.0.1:${process.env.LIANDONG_PORT ?? '8000'}`

export default defineConfig({
  base: '/',
  plugins: [vue()],
  resolve: { alias: { '@': fileURLToPath(new URL('./src', import.meta.url)) } },
  define: {
    // The message compiler that vue-i18n keeps interprets messages; the page's CSP forbids eval.
    __VUE_I18N_FULL_INSTALL__: 'false',
    __VUE_I18N_LEGACY_API__: 'false',
    __INTLIFY_PROD_DEVTOOLS__: 'false',
  },
  build: {
    // The CSP allows no data: scripts, and small fonts are better cached as files.
    assetsInlineLimit: 0,
    // MapLibre alone is 1.1 MB; the wall loads it, and of administration the tabs that have a map.
    chunkSizeWarningLimit: 1500,
    rollupOptions: {
      output: {
        // Some servers do not know .mjs and then send a MIME type that a browser refuses to run.
        assetFileNames: (asset) =>
          asset.names.some((name) => name.endsWith('.mjs')) ? 'assets/[name]-[hash].js' : 'assets/[name]-[hash][extname]',
      },
    },
  },
  server: {
    proxy: {
      '/api': backend,
      '/tiles': backend,
      '/live': { target: backend, ws: true },
      // The page and its JSON share one address; only the JSON is the server's.
      '/health': { target: backend, bypass: (request) => (request.headers.accept?.includes('text/html') ? '/index.html' : undefined) },
    },
  },
  test: { environment: 'happy-dom', include: ['tests/**/*.test.ts'], setupFiles: ['tests/setup.ts'], restoreMocks: true, testTimeout: 20_000 },
})
