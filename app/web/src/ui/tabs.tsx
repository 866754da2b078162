import { Tabs as Base } from '@base-ui/react/tabs';
import type { ReactNode } from 'react';

export interface Tab {
    value: string;
    label: string;
    count?: number;
    content: ReactNode;
}

export function Tabs({ tabs, label }: { tabs: Tab[]; label: string }) {
    return (
        <Base.Root defaultValue={tabs[0]?.value}>
            <Base.List className="tabs-list" aria-label={label}>
                {tabs.map((tab) => (
                    <Base.Tab key={tab.value} value={tab.value} className="tab">
                        {tab.label}
                        {tab.count ? <span className="count">{tab.count}</span> : null}
                    </Base.Tab>
                ))}
            </Base.List>
            {tabs.map((tab) => (
                <Base.Panel key={tab.value} value={tab.value}>
                    {tab.content}
                </Base.Panel>
            ))}
        </Base.Root>
    );
}
