import { createPinia } from 'pinia'
import { createApp } from 'vue'
import App from './App.vue'
import { i18n } from './i18n'
import './look/base.css'
import './look/fonts'
import { exposeProbe } from './probe'
import { makeRouter } from './router'

// A page that was open while the program was renewed asks for files that are no more: the new page has them.
window.addEventListener('vite:preloadError', () => { window.location.reload() })

createApp(App).use(createPinia()).use(i18n).use(makeRouter()).mount('#app')
exposeProbe()
