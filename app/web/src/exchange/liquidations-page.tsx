import { Liquidations } from '../activity/activity';
import { CsvLink } from '../indexer/state';

/** Every liquidation, with what it cost and who was paid. */
export default function LiquidationsPage() {
    return (
        <div className="page">
            <header className="page-intro">
                <h1>Liquidations</h1>
                <p>
                    Below the required margin anybody may close as much of a position as restores it, at the index. Each
                    one is listed with the equity and margin it went by, what it cost, and who got it.
                </p>
            </header>
            <section className="panel">
                <div className="panel-head">
                    <h2>All markets</h2>
                    <CsvLink path="/v1/liquidations" parameters={{}} />
                </div>
                <Liquidations />
            </section>
        </div>
    );
}
