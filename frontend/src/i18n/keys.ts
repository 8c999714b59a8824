import type { commandsZh } from './commands.zh-CN'
import type { fencesZh } from './fences.zh-CN'
import type { governanceZh } from './governance.zh-CN'
import type { pastZh } from './past.zh-CN'
import type { zhCN } from './zh-CN'

/** The shape of all texts: a language that lacks one, or has one too many, does not compile. */
export type Messages = Shape<typeof zhCN>
export type CommandMessages = Shape<typeof commandsZh>
export type FenceMessages = Shape<typeof fencesZh>
export type GovernanceMessages = Shape<typeof governanceZh>
export type PastMessages = Shape<typeof pastZh>
type Shape<Tree> = { [Key in keyof Tree]: Tree[Key] extends string ? string : Shape<Tree[Key]> }

/** Every text by its dotted path, as `card.title`: a text that does not exist cannot be asked for. */
export type TextKey = Leaf<Messages>
type Leaf<Tree> = { [Key in keyof Tree & string]: Tree[Key] extends string ? Key : `${Key}.${Leaf<Tree[Key]>}` }[keyof Tree & string]
