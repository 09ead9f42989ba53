// The site that "make docs" builds from the pages as they are. What GitHub shows and
// VitePress would read differently is set right here, so that no page knows of it.
import { readFileSync } from 'node:fs'
import { posix } from 'node:path'
import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vitepress'

const repository = 'https://github.com/hut8labs/failmail'

// The pages in the order of the table in docs/README.md.
const contents = readFileSync(new URL('../README.md', import.meta.url), 'utf8').split('\n## ')[0]
const pages = [...contents.matchAll(/\[([^\]]+)\]\(([\w/-]+)\.md\)/g)].map(([, name, page]) => ({
  text: name[0].toUpperCase() + name.slice(1),
  link: '/' + page,
}))

// outward turns a link to what is not a page, such as ../examples, into one to the repository.
// One to docs/README.md leads to the first page.
function outward(state) {
  const folder = posix.dirname(state.env.relativePath)
  for (const token of state.tokens.flatMap((t) => t.children ?? [])) {
    const href = token.type === 'link_open' && token.attrGet('href')
    if (!href || /^(#|\w+:)/.test(href)) continue
    const [path] = href.split('#')
    const target = posix.join('docs', folder, path)
    const page = target.startsWith('docs/') && path.endsWith('.md')
    token.attrSet('href', page ? href.replace('README.md', 'index.md') : `${repository}/tree/main/${target}${href.slice(path.length)}`)
  }
}

export default defineConfig({
  title: 'Failmail',
  outDir: '../dist/docs',
  cacheDir: '.vitepress/node_modules/.cache',
  base: process.env.DOCS_BASE || '/',
  ignoreDeadLinks: 'localhostLinks',
  rewrites: { 'README.md': 'index.md' },
  markdown: {
    anchor: {
      slugify: (heading) => heading.trim().toLowerCase().replace(/[^\p{L}\p{N} _-]/gu, '').replaceAll(' ', '-'),
    },
    config(md) {
      md.core.ruler.push('outward', outward)
      // {{…}} in code is a template of Go, not one of Vue.
      const code = md.renderer.rules.code_inline
      md.renderer.rules.code_inline = (tokens, i, ...rest) => {
        tokens[i].attrSet('v-pre', '')
        return code(tokens, i, ...rest)
      }
    },
  },
  // The pages are above node_modules, where they would not find it.
  vite: { resolve: { alias: { vue: fileURLToPath(new URL('node_modules/vue', import.meta.url)) } } },
  themeConfig: {
    sidebar: pages,
    outline: [2, 3],
    search: { provider: 'local' },
    socialLinks: [{ icon: 'github', link: repository }],
  },
})
